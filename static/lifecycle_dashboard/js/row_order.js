/** The order of a table's rows: sorted by one column, but not so often that rows jump while somebody reads. */

/** @typedef {number|string|null} Value */

/**
 * Return a function that compares two items by a value. Missing values come last in both directions. Equal items are
 * compared by their keys, so that they do not change places.
 *
 * @template T
 * @param {(item: T) => Value} value
 * @param {(item: T) => string} key
 * @param {boolean} descending
 * @returns {(a: T, b: T) => number}
 */
export function comparison(value, key, descending) {
  return (a, b) => {
    const [first, second] = [value(a), value(b)];
    if (first === null || second === null) {
      return Number(first === null) - Number(second === null) || key(a).localeCompare(key(b));
    }
    return (descending ? compare(second, first) : compare(first, second)) || key(a).localeCompare(key(b));
  };
}

/**
 * @param {number|string} a
 * @param {number|string} b
 */
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") {
    return a - b;
  }
  return String(a).localeCompare(String(b), undefined, { numeric: true });
}

/** @template T */
export class RowOrder {
  #key;
  #pauseMs;
  /** @type {Map<string, number>} positions by key */
  #positions = new Map();
  #sortedAt = -Infinity;

  /**
   * @param {(item: T) => string} key unique in the list
   * @param {number} pauseMs the items are sorted again after this time at the earliest
   */
  constructor(key, pauseMs) {
    this.#key = key;
    this.#pauseMs = pauseMs;
  }

  /** Sort at the next call of `arrange`, because another column was chosen. */
  reset() {
    this.#sortedAt = -Infinity;
  }

  /**
   * Return the items in order. Between two sorts, each item keeps its place and new items come last.
   *
   * @param {readonly T[]} items
   * @param {(a: T, b: T) => number} compareItems
   * @param {boolean} held whether the order must stay, because the pointer or the focus is in the table
   * @param {number} now in milliseconds
   */
  arrange(items, compareItems, held, now) {
    const rows = [...items].sort(compareItems);
    if (this.#sortedAt !== -Infinity && (held || now - this.#sortedAt < this.#pauseMs)) {
      const place = (/** @type {T} */ item) => this.#positions.get(this.#key(item)) ?? rows.length;
      rows.sort((a, b) => place(a) - place(b));
    } else {
      this.#sortedAt = now;
    }
    this.#positions = new Map(rows.map((item, position) => [this.#key(item), position]));
    return rows;
  }
}
