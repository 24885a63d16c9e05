/** The legends next to the charts: each colour with its label and its number. */

import { childrenOf, make, setData, setText, setTitle } from "../../lifecycle/js/kit/dom.js";
import { drawList } from "../../lifecycle/js/kit/list.js";
import { causeOf } from "./causes.js";
import { fillLink } from "./explorer_links.js";
import { count, known } from "./format.js";
import { isShared } from "./slots.js";
import { sum } from "./sums.js";

/** @typedef {import("./series.js").Series} Series */

/** Return an empty colour swatch. palette.css sets its colour from `data-cause` or `data-slot`. */
export function swatch() {
  const patch = make("span", "swatch");
  patch.setAttribute("aria-hidden", "true");
  return patch;
}

/**
 * Give a swatch the colour of a cause. Abnormal causes are hatched.
 *
 * @param {HTMLElement} patch
 * @param {string} cause
 */
export function setCause(patch, cause) {
  setData(patch, "cause", cause);
  setData(patch, "abnormal", causeOf(cause).abnormal);
}

/**
 * Draw the legend of open connections, with the current numbers.
 *
 * @param {HTMLElement} list
 * @param {Series[]} series
 */
export function drawOpenLegend(list, series) {
  /** @param {HTMLElement} node @param {Series} layer */
  const fill = (node, { slot = "", label, values }) => {
    setData(childrenOf(node)[0], "slot", slot);
    fillEntry(node, label, values.at(-1), isShared(slot) ? null : { endpoint: label, state: "open" });
  };
  drawList(list, series, { key: ({ slot = "" }) => slot, make: makeEntry, fill });
}

/**
 * Draw the legend of closes, with the totals of the whole range.
 *
 * @param {HTMLElement} list
 * @param {Series[]} series
 * @param {{from: number, to: number}} view the window, for links
 */
export function drawClosesLegend(list, series, { from, to }) {
  /** @param {HTMLElement} node @param {Series} layer */
  const fill = (node, { name, label, values }) => {
    setCause(childrenOf(node)[0], name);
    fillEntry(node, label, sum(values), { cause: name, state: "closed", ended_since: from, ended_until: Math.ceil(to) });
  };
  drawList(list, series, { key: ({ name }) => name, make: makeEntry, fill });
}

function makeEntry() {
  return make("li", "", swatch(), make("span", "name"), make("span", "amount"));
}

/**
 * @param {HTMLElement} node
 * @param {string} label
 * @param {number|null|undefined} amount
 * @param {import("./explorer_links.js").Filters|null} filters the connections behind the entry
 */
function fillEntry(node, label, amount, filters) {
  const [, name, number] = childrenOf(node);
  if (filters) {
    fillLink(name, label, filters);
  } else {
    name.replaceChildren();
    setText(name, label);
  }
  setTitle(name, label);
  setText(number, known(amount, count));
}
