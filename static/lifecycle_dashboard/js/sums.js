/** Arithmetic on series of numbers. In a series, null means unknown. */

/** @typedef {readonly (number|null)[]} Values */

/**
 * Return the sum of the known numbers.
 *
 * @param {Values} values
 */
export function sum(values) {
  return values.reduce((/** @type {number} */ total, value) => total + (value ?? 0), 0);
}

/**
 * Return the last known number; null if none is known.
 *
 * @param {Values} values
 */
export function last(values) {
  return values.findLast((value) => value !== null) ?? null;
}

/**
 * Return the largest known number, at least 0.
 *
 * @param {Values} values
 */
export function peak(values) {
  return Math.max(0, ...values.map((value) => value ?? 0));
}

/**
 * Add two series of the same length. A sum is unknown only if both of its numbers are unknown.
 *
 * @param {Values} a
 * @param {Values} b
 * @returns {(number|null)[]}
 */
export function add(a, b) {
  return a.map((value, i) => (value === null && b[i] === null ? null : (value ?? 0) + (b[i] ?? 0)));
}
