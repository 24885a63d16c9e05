/** Keeps a table's body in step with a list. */

import { drawList, element, setShown, setText } from "./dom.js";

/**
 * @template T
 * @typedef {object} Column
 * @property {(cell: HTMLTableCellElement, item: T) => void} fill
 * @property {string} [className]
 */

/**
 * A column of plain text.
 * @param {(item: object) => string} text
 * @param {string} [className]
 */
export const textColumn = (text, className = "") => ({ className, fill: (cell, item) => setText(cell, text(item)) });

/** A column of numbers: to the right, in tabular figures. */
export const numberColumn = (text) => textColumn(text, "number");

/**
 * One row an item, kept by key; the first column heads its row. Without items the table gives way to the
 * words that say so.
 * @param {HTMLTableElement} table
 * @param {object[]} items
 * @param {(item: object) => string} keyOf
 * @param {Column<object>[]} columns
 */
export function drawRows(table, items, keyOf, columns) {
  setShown(table, items.length > 0);
  setShown(document.querySelector(`[data-empty-for="${table.id}"]`), items.length === 0);
  if (!table.role) setRoles(table);
  const labels = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const make = () => newRow(columns, labels);
  drawList(table.tBodies[0], items, keyOf, make, (row, item) => {
    columns.forEach(({ fill }, i) => fill(row.cells[i], item));
  });
}

/** Roles are written out because some layouts make a grid of a row, which in some browsers unmakes the table. */
function setRoles(table) {
  table.role = "table";
  for (const part of [table.tHead, table.tBodies[0]]) part.role = "rowgroup";
  table.tHead.rows[0].role = "row";
  for (const cell of table.tHead.rows[0].cells) cell.role = "columnheader";
}

function newRow(columns, labels) {
  const row = element("tr");
  row.role = "row";
  columns.forEach(({ className = "" }, i) => {
    const cell = element(i ? "td" : "th", className);
    cell.role = i ? "cell" : "rowheader";
    if (!i) cell.scope = "row";
    cell.dataset.label = labels[i];
    row.append(cell);
  });
  return row;
}
