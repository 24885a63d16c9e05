/** Selects, sorts and labels the layers of the charts. */

import { say } from "../../lifecycle/js/kit/texts.js";
import { causeOf, layerOrder } from "./causes.js";
import { assignSlots, fillSlots, isShared, slotOf } from "./slots.js";
import { add, peak, sum } from "./sums.js";

/** @typedef {import("./sums.js").Values} Values */

/**
 * @typedef {object} Series one layer of a chart
 * @property {string} name an endpoint or a cause
 * @property {string} label
 * @property {string} [slot] the palette's slot, for an endpoint
 * @property {Values} values one value for each bucket
 */

/**
 * Give the colours to the largest endpoints. Call it when the history was read.
 *
 * @param {Map<string, Values>} open
 */
export function assignColours(open) {
  assignSlots(sizesOf(open));
}

/**
 * Return the size of each endpoint: the area of its layer.
 *
 * @param {Map<string, Values>} open
 */
function sizesOf(open) {
  return new Map([...open].map(([name, values]) => [name, sum(values)]));
}

/**
 * Return a layer for each endpoint that had open connections, in the order of their slots. Endpoints without a slot
 * to themselves share one layer.
 *
 * @param {Map<string, Values>} open
 * @returns {Series[]}
 */
export function openSeries(open) {
  fillSlots(sizesOf(open));
  const seen = [...open].filter(([, values]) => peak(values) > 0);
  /** @type {Map<string, Series & {slot: string}>} */
  const layers = new Map();
  for (const [name, values] of seen) {
    const slot = slotOf(name);
    const label = isShared(slot) ? say("chart.others") : name;
    const layer = layers.get(slot);
    layers.set(slot, { name, label, slot, values: layer ? add(layer.values, values) : values });
  }
  return [...layers.values()].sort((a, b) => a.slot.localeCompare(b.slot));
}

/**
 * Return a layer for each cause with closes. Abnormal causes come first, at the bottom of the stack.
 *
 * @param {Map<string, Values>} closes
 * @returns {Series[]}
 */
export function closesSeries(closes) {
  const used = new Map([...closes].filter(([, values]) => sum(values) > 0));
  return layerOrder([...used.keys()]).map((name) => {
    return { name, label: causeOf(name).label, values: used.get(name) ?? [] };
  });
}
