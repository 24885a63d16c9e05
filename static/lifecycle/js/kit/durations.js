/**
 * Durations for people: the two largest units, rounded down. lifecycle/durations.py follows the same rule, and
 * both are tested with the cases in tests/durations.json.
 */

import { LANGUAGE } from "./page_data.js";
import { say } from "./texts.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const WHOLE = new Intl.NumberFormat(LANGUAGE, { maximumFractionDigits: 0, useGrouping: false });
const TENTHS = new Intl.NumberFormat(LANGUAGE, {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  useGrouping: false,
});

/** The key and size of each unit and of the next smaller unit, largest unit first. */
const PAIRS = /** @type {const} */ ([
  ["unit.d", DAY, "unit.h", HOUR],
  ["unit.h", HOUR, "unit.min", MINUTE],
  ["unit.min", MINUTE, "unit.s", 1],
]);

/**
 * Return a duration in its two largest units: "12 ms", "3.2 s", "59 s", "4 min 12 s", "2 d 3 h".
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  const positive = Math.max(seconds, 0);
  if (positive < 1) {
    return amount("unit.ms", Math.floor(positive * 1000));
  }
  if (positive < 10) {
    return say("unit.s", { n: TENTHS.format(Math.floor(positive * 10) / 10) });
  }
  for (const [large, largeSize, small, smallSize] of PAIRS) {
    if (positive >= largeSize) {
      const rest = Math.floor((positive % largeSize) / smallSize);
      return `${amount(large, Math.floor(positive / largeSize))} ${amount(small, rest)}`;
    }
  }
  return amount("unit.s", Math.floor(positive));
}

/**
 * Return an age: like `duration`, but without fractions of a second, because it is redrawn every second.
 *
 * @param {number} seconds
 */
export function age(seconds) {
  if (seconds < 1) {
    return say("unit.s", { n: "<1" });
  }
  return seconds < 10 ? amount("unit.s", Math.floor(seconds)) : duration(seconds);
}

/**
 * Return a duration as a number of the largest unit that divides it: "30 s", "5 min", "2 h", "1 d".
 *
 * @param {number} seconds
 */
export function wholeUnits(seconds) {
  const [unit, size] = PAIRS.find(([, largeSize]) => seconds % largeSize === 0) ?? ["unit.s", 1];
  return amount(unit, seconds / size);
}

/**
 * Return a round-trip time in milliseconds, rounded to tenths below 100 ms and to integers above.
 *
 * @param {number} ms
 */
export function milliseconds(ms) {
  return say("unit.ms", { n: (ms < 100 ? TENTHS : WHOLE).format(ms) });
}

/**
 * @param {string} unit a text key
 * @param {number} n
 */
function amount(unit, n) {
  return say(unit, { n: WHOLE.format(n) });
}
