/** The legends next to the charts: each colour with its label and its number. */

import { childrenOf, make, setData, setText, setTitle } from "../../lifecycle/js/kit/dom.js";
import { drawList } from "../../lifecycle/js/kit/list.js";
import { causeOf } from "./causes.js";
import { count, known } from "./format.js";
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
    fillEntry(node, label, values.at(-1));
  };
  drawList(list, series, { key: ({ slot = "" }) => slot, make: makeEntry, fill });
}

/**
 * Draw the legend of closes, with the totals of the whole range.
 *
 * @param {HTMLElement} list
 * @param {Series[]} series
 */
export function drawClosesLegend(list, series) {
  /** @param {HTMLElement} node @param {Series} layer */
  const fill = (node, { name, label, values }) => {
    setCause(childrenOf(node)[0], name);
    fillEntry(node, label, sum(values));
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
 */
function fillEntry(node, label, amount) {
  const [, name, number] = childrenOf(node);
  setText(name, label);
  setTitle(name, label);
  setText(number, known(amount, count));
}
