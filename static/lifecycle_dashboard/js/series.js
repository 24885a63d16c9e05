/** The layers of the charts: which there are, in what order, and under what name. */

import { say } from "../../lifecycle/js/kit/texts.js";
import { causeOf, causesInOrder } from "./causes.js";
import { isShared, slotOf } from "./slots.js";
import { add, peak, sum } from "./sums.js";

/** @typedef {import("./sums.js").Values} Values */

/**
 * @typedef {object} Series one layer of a chart
 * @property {string} name an endpoint or a cause
 * @property {string} label
 * @property {string} [slot] of the palette, for an endpoint
 * @property {Values} values one for each bucket
 */

/**
 * Return a layer for each endpoint that had open connections, in the order of their slots. Endpoints that found
 * no free slot share one layer.
 *
 * @param {Map<string, Values>} open
 * @returns {Series[]}
 */
export function openSeries(open) {
  const seen = [...open].filter(([, values]) => peak(values) > 0);
  const largestFirst = seen.sort(([, a], [, b]) => peak(b) - peak(a));
  /** @type {Map<string, Series & {slot: string}>} */
  const layers = new Map();
  for (const [name, values] of largestFirst) {
    const slot = slotOf(name);
    const label = isShared(slot) ? say("chart.others") : name;
    const before = layers.get(slot);
    layers.set(slot, { name, label, slot, values: before ? add(before.values, values) : values });
  }
  return [...layers.values()].sort((a, b) => a.slot.localeCompare(b.slot));
}

/**
 * Return a layer for each cause that ended connections. Abnormal causes come first, at the bottom of the stack.
 *
 * @param {Map<string, Values>} closes
 * @returns {Series[]}
 */
export function closesSeries(closes) {
  const order = new Map(causesInOrder().map((name, position) => [name, position]));
  const place = (/** @type {string} */ name) => order.get(name) ?? order.size;
  return [...closes]
    .filter(([, values]) => sum(values) > 0)
    .sort(([a], [b]) => place(a) - place(b))
    .map(([name, values]) => ({ name, label: causeOf(name).label, values }));
}
