/** The legends beside the charts: what each colour is, and its number. */

import { drawList, element, setData, setText } from "./dom.js";
import { count } from "./format.js";
import { sum } from "./timeline.js";
import { causeOf } from "./words.js";

/** A patch of colour; palette.css gives it its colour by `data-cause` or `data-slot`. */
export function swatch() {
  const patch = element("span", "swatch");
  patch.setAttribute("aria-hidden", "true");
  return patch;
}

/** Give a patch the colour of a cause; abnormal ones are hatched. */
export function setCause(patch, cause) {
  setData(patch, "cause", cause);
  setData(patch, "abnormal", causeOf(cause).abnormal);
}

const entry = () => element("li", "", swatch(), element("span", "name"), element("span", "amount"));

/** @param {HTMLElement} list @param {import("./charts.js").Series[]} series numbers: now */
export function drawOpenLegend(list, series) {
  drawList(list, series, ({ slot }) => slot, entry, (node, { slot, label, values }) => {
    setData(node.children[0], "slot", slot);
    fill(node, label, values.at(-1));
  });
}

/** @param {HTMLElement} list @param {import("./charts.js").Series[]} series numbers: in the whole range */
export function drawClosesLegend(list, series) {
  drawList(list, series, ({ name }) => name, entry, (node, { name, label, values }) => {
    setCause(node.children[0], name);
    fill(node, label, sum(values));
  });
}

function fill(node, label, amount) {
  setText(node.children[1], label);
  setText(node.children[2], count(amount));
  if (node.children[1].title !== label) node.children[1].title = label;
}
