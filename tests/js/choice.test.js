import assert from "node:assert/strict";
import { test } from "node:test";

import { readChoice, writeChoice } from "../../static/lifecycle_dashboard/js/choice.js";
import { barsOf } from "../../static/lifecycle_dashboard/js/distributions.js";

const RANGES = ["15m", "24h", "90d"];
const LIVE = { range: "15m", from: 0, to: 0, compare: false };

for (const [search, choice] of /** @type {const} */ ([
  ["", LIVE],
  ["?range=24h", { ...LIVE, range: "24h" }],
  ["?range=24h&compare=1", { ...LIVE, range: "24h", compare: true }],
  ["?range=2y", LIVE],
  ["?from=100&to=200", { range: "", from: 100, to: 200, compare: false }],
  ["?from=200&to=100", LIVE],
  ["?from=-5&to=100", LIVE],
  ["?from=1e3&to=9999", LIVE],
  ["?from=100&to=200&range=24h", { range: "", from: 100, to: 200, compare: false }],
])) {
  test(`readChoice: ${search || "an empty address"}`, () => {
    assert.deepEqual(readChoice(search, RANGES), choice);
  });
}

test("writeChoice is read back", () => {
  for (const choice of [LIVE, { range: "", from: 5, to: 9, compare: true }]) {
    assert.deepEqual(readChoice(writeChoice(choice), RANGES), choice);
  }
});

test("barsOf: joins neighbours, and the longest bar has the full width", () => {
  const buckets = Array.from({ length: 30 }, (_, i) => ({ lower: i, upper: i + 1, count: i === 29 ? 31 : 1 }));
  const bars = barsOf({ buckets, count: 60, p50: 1, p95: 1, p99: 1 });
  assert.equal(bars.length, 10);
  assert.deepEqual([bars[0].lower, bars[0].upper, bars[0].count], [0, 3, 3]);
  assert.deepEqual([bars[9].count, bars[9].width, bars[9].share], [33, 1, 0.55]);
});

test("barsOf: nothing", () => {
  assert.deepEqual(barsOf({ buckets: [], count: 0, p50: null, p95: null, p99: null }), []);
});
