/** Remembers how the user sorted each table, in this browser. */

const PREFIX = "lifecycle.sort.";

/** @typedef {{name: string, descending: boolean}} Sort the column by which a table is sorted */

/**
 * Return how a table was sorted; null if nothing is stored or the browser denies storage.
 *
 * @param {string} table
 * @returns {Sort|null}
 */
export function recallSort(table) {
  try {
    const { name, descending } = JSON.parse(localStorage.getItem(PREFIX + table) ?? "{}");
    return typeof name === "string" && typeof descending === "boolean" ? { name, descending } : null;
  } catch {
    return null;
  }
}

/**
 * Store how a table is sorted. Do nothing if storage is denied or full.
 *
 * @param {string} table
 * @param {Sort} sort
 */
export function rememberSort(table, sort) {
  try {
    localStorage.setItem(PREFIX + table, JSON.stringify(sort));
  } catch {
    // The next page starts with the usual order.
  }
}
