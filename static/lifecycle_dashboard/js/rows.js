/** Updates the rows of a table from a list. */

import { byId, make, setShown, setText } from "../../lifecycle/js/kit/dom.js";
import { drawList } from "../../lifecycle/js/kit/list.js";
import { known } from "./format.js";

/**
 * @template T
 * @typedef {object} Column
 * @property {(cell: HTMLTableCellElement, item: T) => void} fill
 * @property {string} [className]
 * @property {string} [name] identifies the column by which a table is sorted
 * @property {(item: T) => import("./row_order.js").Value} [value] the value by which the rows can be sorted
 */

/**
 * Return a column of plain text.
 *
 * @template T
 * @param {(item: T) => string} text
 * @param {string} [className]
 * @returns {Column<T>}
 */
export function textColumn(text, className = "") {
  return { className, fill: (cell, item) => setText(cell, text(item)) };
}

/**
 * Return a column of numbers.
 *
 * @template T
 * @param {(item: T) => string} text
 */
export function numberColumn(text) {
  return textColumn(text, "number");
}

/**
 * Return a column of plain text by which the rows can be sorted.
 *
 * @template T
 * @param {string} name
 * @param {(item: T) => string} value
 * @param {string} [className]
 * @returns {Column<T>}
 */
export function sortedText(name, value, className = "") {
  return { name, value, ...textColumn(value, className) };
}

/**
 * Return a column of numbers by which the rows can be sorted.
 *
 * @template T
 * @param {string} name
 * @param {(item: T) => number|null} value
 * @param {(value: number) => string} write
 * @param {string} [className]
 * @returns {Column<T>}
 */
export function sortedNumber(name, value, write, className = "number") {
  return { name, value, ...textColumn((/** @type {T} */ item) => known(value(item), write), className) };
}

/**
 * Draw one row for each item. The first column is the row's header. If there are no items, show the template's
 * sentence (`data-empty-for`) instead of the table.
 *
 * @template T
 * @param {string} id the ID of the table
 * @param {readonly T[]} items
 * @param {(item: T) => string} key unique in the list
 * @param {Column<T>[]} columns
 */
export function drawRows(id, items, key, columns) {
  const table = byId(id, HTMLTableElement);
  setShown(table, items.length > 0);
  for (const sentence of document.querySelectorAll(`[data-empty-for="${id}"]`)) {
    setShown(/** @type {HTMLElement} */ (sentence), items.length === 0);
  }
  const head = table.tHead?.rows[0];
  if (head && !table.role) {
    setRoles(table, head);
  }
  const labels = [...(head?.cells ?? [])].map((cell) => cell.textContent ?? "");
  const fill = (/** @type {HTMLTableRowElement} */ row, /** @type {T} */ item) => {
    columns.forEach((column, i) => column.fill(row.cells[i], item));
  };
  drawList(table.tBodies[0], items, { key, make: () => newRow(columns, labels), fill });
}

/**
 * Set the ARIA roles of a table. Some of our layouts display rows as grids, and some browsers then no longer expose
 * the element to screen readers as a table.
 *
 * @param {HTMLTableElement} table
 * @param {HTMLTableRowElement} head
 */
function setRoles(table, head) {
  table.role = "table";
  head.role = "row";
  for (const part of [head.parentElement, table.tBodies[0]]) {
    part?.setAttribute("role", "rowgroup");
  }
  for (const cell of head.cells) {
    cell.role = "columnheader";
  }
}

/**
 * @param {Column<any>[]} columns
 * @param {string[]} labels
 */
function newRow(columns, labels) {
  const row = make("tr");
  row.role = "row";
  columns.forEach(({ className = "" }, i) => {
    const cell = make(i ? "td" : "th", className);
    cell.role = i ? "cell" : "rowheader";
    if (!i) {
      cell.scope = "row";
    }
    cell.dataset.label = labels[i];
    row.append(cell);
  });
  return row;
}
