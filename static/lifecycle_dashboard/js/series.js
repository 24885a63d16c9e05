/** The layers of the charts, out of a View: which, in what order, under what name. */

import { isShared, slotOf } from "./palette.js";
import { sum } from "./timeline.js";
import { causeOf, causesInOrder, say } from "./words.js";

const peak = (values) => Math.max(0, ...values.map((value) => value ?? 0));
const add = (a, b) => a.map((value, i) => (value === null && b[i] === null ? null : (value ?? 0) + (b[i] ?? 0)));

/**
 * Endpoints that had anything open, by their slot of the palette; those beyond the palette share one layer.
 * @param {Map<string, (number|null)[]>} open
 * @returns {import("./charts.js").Series[]}
 */
export function openSeries(open) {
  const seen = [...open].filter(([, values]) => peak(values) > 0);
  const largestFirst = seen.sort(([, a], [, b]) => peak(b) - peak(a));
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
 * Causes that ended anything, abnormal ones first (at the bottom of the stack).
 * @param {Map<string, number[]>} closes
 * @returns {import("./charts.js").Series[]}
 */
export function closesSeries(closes) {
  const order = new Map(causesInOrder().map((name, position) => [name, position]));
  const place = (name) => order.get(name) ?? order.size;
  return [...closes]
    .filter(([, values]) => sum(values) > 0)
    .sort(([a], [b]) => place(a) - place(b))
    .map(([name, values]) => ({ name, label: causeOf(name).label, values }));
}
