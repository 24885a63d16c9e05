/** The table of connections: draws the rows that the server sends, and shows times in the reader's time zone. */

import { make, setData } from "../../lifecycle/js/kit/dom.js";
import { drawList } from "../../lifecycle/js/kit/list.js";

/**
 * @typedef {object} Cell
 * @property {string} text
 * @property {string} title
 * @property {string} moment a time in ISO 8601, or empty
 * @property {string} href
 * @property {string} cause
 * @property {boolean} abnormal
 * @property {boolean} is_number
 */

/** @typedef {{id: string, cells: Cell[]}} Row */

/** Swedish writes a date as ISO 8601 does: "2026-01-31 14:02:11". */
const LOCAL = new Intl.DateTimeFormat("sv", {
  dateStyle: "short",
  timeStyle: "medium",
});

export class ExplorerRows {
  #body;
  /** @type {Map<string, string>} what each row shows, by ID; a row that has not changed keeps its elements */
  #shown = new Map();

  /**
   * @param {HTMLElement} body
   * @param {Row[]} rows the rows that the page has already
   */
  constructor(body, rows) {
    this.#body = body;
    this.#remember(rows);
    for (const time of body.querySelectorAll("time")) {
      time.textContent = localTime(time.dateTime);
    }
  }

  /**
   * Draw the rows, and return how many of them are new.
   *
   * @param {Row[]} rows newest first
   */
  draw(rows) {
    const known = this.#shown;
    const isNew = (/** @type {Row} */ { id }) => known.size > 0 && !known.has(id);
    /** @param {HTMLTableRowElement} node @param {Row} row */
    const fill = (node, row) => {
      setData(node, "new", isNew(row));
      if (known.get(row.id) !== JSON.stringify(row.cells)) {
        node.replaceChildren(...row.cells.map(cellOf));
      }
    };
    drawList(this.#body, rows, { key: ({ id }) => id, make: () => make("tr"), fill });
    const added = rows.filter((row) => !known.has(row.id)).length;
    this.#remember(rows);
    return added;
  }

  /** @param {Row[]} rows */
  #remember(rows) {
    this.#shown = new Map(rows.map(({ id, cells }) => [id, JSON.stringify(cells)]));
  }
}

/** @param {Cell} cell */
function cellOf(cell) {
  const node = make("td", cell.is_number ? "number" : "", contents(cell));
  if (cell.title) {
    node.title = cell.title;
  }
  return node;
}

/**
 * Return the contents of a cell, built as in templates/lifecycle_dashboard/cell.html.
 *
 * @param {Cell} cell
 */
function contents(cell) {
  if (cell.cause) {
    return make("span", "cause", swatchOf(cell), make("span", "", cell.text));
  }
  if (!cell.moment) {
    return cell.text;
  }
  const time = make("time", "", localTime(cell.moment));
  time.dateTime = cell.moment;
  if (!cell.href) {
    return time;
  }
  const link = make("a", "", time);
  link.href = cell.href;
  return link;
}

/** @param {Cell} cell */
function swatchOf({ cause, abnormal }) {
  const patch = make("span", "swatch");
  patch.setAttribute("aria-hidden", "true");
  setData(patch, "cause", cause);
  setData(patch, "abnormal", abnormal);
  return patch;
}

/** @param {string} moment in ISO 8601 */
function localTime(moment) {
  return LOCAL.format(new Date(moment));
}
