/** What the charts show, as a part of the address: a range up to now, or a window between two times. */

/**
 * @typedef {object} Choice
 * @property {string} range empty for a window
 * @property {number} from Unix time in seconds; 0 for a range
 * @property {number} to
 * @property {boolean} compare whether to show the previous window, too
 */

export const LIVE_RANGE = "15m";

/**
 * Return the choice in an address. Everything that is missing or malformed has its default.
 *
 * @param {string} search the query, with or without a question mark
 * @param {string[]} ranges the ranges that exist
 * @returns {Choice}
 */
export function readChoice(search, ranges) {
  const query = new URLSearchParams(search);
  const compare = query.get("compare") === "1";
  const [from, to] = [wholeNumber(query.get("from")), wholeNumber(query.get("to"))];
  if (from < to && from > 0) {
    return { range: "", from, to, compare };
  }
  const range = query.get("range") ?? LIVE_RANGE;
  return { range: ranges.includes(range) ? range : LIVE_RANGE, from: 0, to: 0, compare };
}

/**
 * Return the query for a choice, without a question mark.
 *
 * @param {Choice} choice
 */
export function writeChoice({ range, from, to, compare }) {
  const query = new URLSearchParams(range ? { range } : { from: String(from), to: String(to) });
  if (compare) {
    query.set("compare", "1");
  }
  return query.toString();
}

/**
 * Return whether two choices show the same time.
 *
 * @param {Choice} a
 * @param {Choice} b
 */
export function sameTime(a, b) {
  return a.range === b.range && a.from === b.from && a.to === b.to;
}

/**
 * Return whether live data belongs into the charts.
 *
 * @param {Choice} choice
 */
export function isLive({ range }) {
  return range === LIVE_RANGE;
}

/** @param {string|null} text */
function wholeNumber(text) {
  return /^\d{1,12}$/.test(text ?? "") ? Number(text) : 0;
}
