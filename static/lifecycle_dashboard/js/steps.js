/** Groups the buckets of a view into a few longer steps, for the tables. */

import { sum } from "./sums.js";

/** @typedef {import("./series.js").Series} Series */
/** @typedef {import("./sums.js").Values} Values */
/** @typedef {{from: number, to: number, numbers: (number|null)[]}} Step `numbers`: one for each series, then the total */

const DAY_S = 86_400;
const STEPS_S = [60, 300, 900, 1800, 3600, 7200, DAY_S, 7 * DAY_S, 30 * DAY_S];
const MAX_ROWS = 31;

/**
 * Return the length of a step in seconds: at least one bucket, and at most `MAX_ROWS` steps for the view.
 *
 * @param {{from: number, to: number, bucket: number}} view
 */
export function stepOf({ from, to, bucket }) {
  return STEPS_S.find((s) => s >= bucket && (to - from) / s <= MAX_ROWS) ?? DAY_S;
}

/**
 * Return the steps that contain buckets, newest first.
 *
 * @param {number[]} times start of each bucket
 * @param {Series[]} series
 * @param {number} step in seconds
 * @param {(values: Values) => number|null} combine returns one number for the buckets of a step
 * @returns {Step[]}
 */
export function stepsOf(times, series, step, combine) {
  const steps = [...indexesByStep(times, step)].map(([from, indexes]) => {
    const numbers = series.map(({ values }) => combine(indexes.map((i) => values[i])));
    const total = numbers.every((number) => number === null) ? null : sum(numbers);
    return { from, to: from + step, numbers: [...numbers, total] };
  });
  return steps.reverse();
}

/**
 * @param {number[]} times
 * @param {number} step
 * @returns {Map<number, number[]>} positions of the buckets, by the start of their step
 */
function indexesByStep(times, step) {
  /** @type {Map<number, number[]>} */
  const groups = new Map();
  times.forEach((t, i) => {
    const from = Math.floor(t / step) * step;
    groups.set(from, [...(groups.get(from) ?? []), i]);
  });
  return groups;
}
