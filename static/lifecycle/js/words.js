/** Words and numbers for people: translated by the page, formatted for its language. */

const LANGUAGE = document.documentElement.lang || undefined;
const UNITS = /** @type {const} */ ([
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
]);
const TWO = "2-digit";
const CLOCK = new Intl.DateTimeFormat(LANGUAGE, { hour: TWO, minute: TWO, second: TWO, hourCycle: "h23" });
const TEXTS = pageData("words");

/**
 * Return the data that the template put into the page under this id.
 *
 * @param {string} id
 * @returns {any} an empty object where there is none
 */
export function pageData(id) {
  return JSON.parse(document.getElementById(id)?.textContent || "{}");
}

/**
 * Return the words for a key, with the values in the place of the names in braces.
 *
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 * @returns {string}
 */
export function say(key, values = {}) {
  /** @type {string} */
  const text = TEXTS[key] ?? key;
  return text.replace(/\{(\w+)\}/g, (all, name) => String(values[name] ?? all));
}

/**
 * Return a duration as people say it: its two largest units.
 *
 * @param {number} ms
 */
export function duration(ms) {
  const seconds = ms / 1000;
  if (seconds < 10) {
    return amount(Math.max(0, seconds), "second", 1);
  }
  const largest = UNITS.findIndex(([, size]) => seconds >= size);
  let rest = Math.round(seconds);
  return UNITS.slice(largest, largest + 2)
    .map(([unit, size]) => {
      const count = Math.floor(rest / size);
      rest -= count * size;
      return amount(count, unit, 0);
    })
    .join(" ");
}

/**
 * Return a round trip in milliseconds.
 *
 * @param {number} ms
 */
export function milliseconds(ms) {
  return amount(ms, "millisecond", ms < 100 ? 1 : 0, "short");
}

/**
 * Show a moment in local time, with UTC on hover.
 *
 * @param {HTMLTimeElement} element
 * @param {number} at Unix ms
 */
export function showTime(element, at) {
  const date = new Date(at);
  element.textContent = CLOCK.format(date);
  element.dateTime = element.title = date.toISOString();
}

/**
 * @param {number} value
 * @param {string} unit
 * @param {number} digits after the point
 * @param {"narrow"|"short"} [unitDisplay]
 */
function amount(value, unit, digits, unitDisplay = "narrow") {
  return new Intl.NumberFormat(LANGUAGE, {
    style: "unit",
    unit,
    unitDisplay,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(value);
}
