import assert from "node:assert/strict";
import { test } from "node:test";

import { comparison, RowOrder } from "../../static/lifecycle_dashboard/js/row_order.js";

/** @typedef {{name: string, n: number|null}} Row */

/**
 * @param {string} name
 * @param {number|null} n
 * @returns {Row}
 */
function row(name, n) {
  return { name, n };
}

const key = (/** @type {Row} */ { name }) => name;
const byNumber = comparison((/** @type {Row} */ { n }) => n, key, true);
const names = (/** @type {Row[]} */ rows) => rows.map(key).join("");

/**
 * Return the names in order.
 *
 * @param {RowOrder<Row>} order
 * @param {Row[]} rows
 * @param {{held?: boolean, now?: number}} when
 */
function arranged(order, rows, { held = false, now = 0 } = {}) {
  return names(order.arrange(rows, byNumber, held, now));
}

test("comparison: largest first, missing values last, equal values by key", () => {
  const rows = [row("d", null), row("b", 1), row("c", 5), row("a", 1)];
  assert.equal(names([...rows].sort(byNumber)), "cabd");
  const upwards = comparison((/** @type {Row} */ { n }) => n, key, false);
  assert.equal(names([...rows].sort(upwards)), "abcd");
});

test("comparison: texts are compared with their numbers", () => {
  const byName = comparison(key, key, false);
  assert.deepEqual([row("web-10", 0), row("web-9", 0)].sort(byName).map(key), ["web-9", "web-10"]);
});

test("arrange: rows keep their places for five seconds", () => {
  const order = new RowOrder(key, 5000);
  assert.equal(arranged(order, [row("a", 1), row("b", 2)]), "ba");
  assert.equal(arranged(order, [row("a", 3), row("b", 2)], { now: 4999 }), "ba");
  assert.equal(arranged(order, [row("a", 3), row("b", 2)], { now: 5000 }), "ab");
});

test("arrange: rows keep their places while the table is held", () => {
  const order = new RowOrder(key, 5000);
  arranged(order, [row("a", 1), row("b", 2)]);
  assert.equal(arranged(order, [row("a", 3), row("b", 2)], { held: true, now: 60_000 }), "ba");
  assert.equal(arranged(order, [row("a", 3), row("b", 2)], { now: 60_001 }), "ab");
});

test("arrange: a new row comes last until the rows are sorted", () => {
  const order = new RowOrder(key, 5000);
  arranged(order, [row("a", 1), row("b", 2)]);
  assert.equal(arranged(order, [row("new", 9), row("a", 1), row("b", 2)], { now: 1000 }), "banew");
  assert.equal(arranged(order, [row("new", 9), row("b", 2)], { now: 6000 }), "newb");
});

test("reset: the next call sorts, even if the table is held", () => {
  const order = new RowOrder(key, 5000);
  arranged(order, [row("a", 1), row("b", 2)]);
  order.reset();
  assert.equal(arranged(order, [row("a", 3), row("b", 2)], { held: true, now: 1 }), "ab");
});
