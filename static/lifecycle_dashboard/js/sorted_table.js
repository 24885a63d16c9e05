/** A table that the user can sort by its column headers, and that shows its top ten rows until all are requested. */

import { byId, make, setShown, setText } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { count } from "./format.js";
import { comparison, RowOrder } from "./row_order.js";
import { drawRows } from "./rows.js";
import { recallSort, rememberSort } from "./sort_memory.js";

/** @typedef {import("./sort_memory.js").Sort} Sort */

const TOP = 10;
/** So long that a person can read a row before it moves. */
const PAUSE_MS = 5_000;
const HOVER = matchMedia("(hover: hover)");

/** @template T */
export class SortedTable {
  #table;
  #more;
  #key;
  #columns;
  #order;
  /** @type {Sort} */
  #sort;
  #all = false;
  /** @type {readonly T[]} */
  #items = [];

  /**
   * @param {string} id the ID of the table; its button "Show all" has the ID `<id>-more`
   * @param {(item: T) => string} key unique in the list
   * @param {import("./rows.js").Column<T>[]} columns those with a value are sortable
   * @param {string} main the name of the column by which the table is sorted at first, largest first
   * @param {number} [pauseMs] the rows are sorted again after this time at the earliest
   */
  constructor(id, key, columns, main, pauseMs = PAUSE_MS) {
    this.#table = byId(id, HTMLTableElement);
    this.#more = byId(`${id}-more`, HTMLButtonElement);
    this.#key = key;
    this.#columns = columns;
    this.#order = /** @type {RowOrder<T>} */ (new RowOrder(key, pauseMs));
    const stored = recallSort(id);
    const known = columns.some(({ name, value }) => value && name === stored?.name);
    this.#sort = stored && known ? stored : { name: main, descending: true };
    this.#more.addEventListener("click", () => this.#toggle());
    this.#makeButtons();
    this.#markHeaders();
  }

  /** @param {readonly T[]} items */
  draw(items) {
    this.#items = items;
    const { name, descending } = this.#sort;
    const { value = () => null } = this.#columns.find((column) => column.name === name) ?? {};
    const compare = comparison(value, this.#key, descending);
    const rows = this.#order.arrange(items, compare, this.#isHeld(), performance.now());
    drawRows(this.#table.id, this.#all ? rows : rows.slice(0, TOP), this.#key, this.#columns);
    setShown(this.#more, items.length > TOP);
    setText(this.#more, this.#all ? say("table.top", { n: TOP }) : say("table.all", { n: count(items.length) }));
  }

  /** Return whether the pointer or the keyboard focus is in the table. A touch screen has no pointer that stays. */
  #isHeld() {
    return (HOVER.matches && this.#table.matches(":hover")) || this.#table.querySelector(":focus-visible") !== null;
  }

  #makeButtons() {
    [...(this.#table.tHead?.rows[0].cells ?? [])].forEach((cell, i) => {
      const { name = "", value } = this.#columns[i];
      if (value) {
        const button = make("button", "sort", cell.textContent ?? "");
        button.type = "button";
        button.addEventListener("click", () => this.#sortBy(name));
        cell.replaceChildren(button);
      }
    });
  }

  #markHeaders() {
    [...(this.#table.tHead?.rows[0].cells ?? [])].forEach((cell, i) => {
      if (this.#columns[i].value && this.#columns[i].name === this.#sort.name) {
        cell.ariaSort = this.#sort.descending ? "descending" : "ascending";
      } else {
        cell.removeAttribute("aria-sort");
      }
    });
  }

  /**
   * Sort by a column: numbers with the largest first, texts in alphabetical order. The second time reverses the order.
   *
   * @param {string} name
   */
  #sortBy(name) {
    const { className = "" } = this.#columns.find((column) => column.name === name) ?? {};
    const again = name === this.#sort.name;
    this.#sort = { name, descending: again ? !this.#sort.descending : className.includes("number") };
    rememberSort(this.#table.id, this.#sort);
    this.#markHeaders();
    this.#redraw();
  }

  #toggle() {
    this.#all = !this.#all;
    this.#more.ariaExpanded = String(this.#all);
    this.#redraw();
  }

  #redraw() {
    this.#order.reset();
    this.draw(this.#items);
  }
}
