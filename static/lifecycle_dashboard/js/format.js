/** Formats numbers in the language of the page. Durations and times are formatted by the kit. */

import { LANGUAGE } from "../../lifecycle/js/kit/page_data.js";
import { say } from "../../lifecycle/js/kit/texts.js";

const TENTH = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
const integer = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(LANGUAGE, TENTH);
const percentTenths = new Intl.NumberFormat(LANGUAGE, { style: "percent", ...TENTH });
const percentWhole = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: 0 });

/** Return the text for a missing value. */
export function none() {
  return say("none");
}

/**
 * Return a value as text; the text for a missing value if it is null or undefined.
 *
 * @template T
 * @param {T|null|undefined} value
 * @param {(value: T) => string} write
 */
export function known(value, write) {
  return value === null || value === undefined ? none() : write(value);
}

/** @param {number} n an integer */
export function count(n) {
  return integer.format(n);
}

/** @param {number} n per second */
export function rate(n) {
  return n < 1000 ? tenths.format(n) : integer.format(n);
}

/** @param {number} share from 0 to 1; shown with one decimal place if it is below 10 % */
export function percent(share) {
  return share > 0 && share < 0.1 ? percentTenths.format(share) : percentWhole.format(share);
}
