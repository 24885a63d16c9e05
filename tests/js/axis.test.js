import assert from "node:assert/strict";
import { test } from "node:test";

import { timeTicks } from "../../static/lifecycle_dashboard/js/axis.js";

test("timeTicks: ticks are at round times, and their labels fit", () => {
  const from = 1_700_000_100;
  const ticks = timeTicks(from, from + 900, 800);
  assert.ok(ticks.every((t) => t % 120 === 0));
  assert.ok(ticks.length <= 800 / 76);
});

test("timeTicks: no tick at the end of the axis, where its label would be cut off", () => {
  assert.ok(Math.max(...timeTicks(0, 900, 800)) < 900);
});
