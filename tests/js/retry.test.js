import assert from "node:assert/strict";
import { test } from "node:test";

import { Retry } from "../../static/lifecycle/js/kit/retry.js";

/** Return the waits of eight attempts that open and are lost at once. */
function waits(random) {
  const retry = new Retry(1000, 30_000, () => random);
  return Array.from({ length: 8 }, () => {
    const wait = retry.delayMs();
    retry.over(0);
    return wait;
  });
}

test("delayMs: doubles up to the cap", () => {
  assert.deepEqual(waits(1), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("delayMs: is random from 0 up to that limit", () => {
  assert.deepEqual(waits(0), Array(8).fill(0));
  assert.deepEqual(waits(0.5), waits(1).map((limit) => limit / 2));
});

test("over: a connection that lasted starts again at the first wait", () => {
  const retry = new Retry(1000, 30_000, () => 1);
  [null, null, 10, 60_000].forEach((livedMs) => retry.over(livedMs));
  assert.equal(retry.delayMs(), 1000);
});

test("over: after many refusals no wait is short", () => {
  const retry = new Retry(1000, 30_000, () => 0);
  for (let i = 0; i < 5; i += 1) {
    retry.over(null);
  }
  assert.equal(retry.delayMs(), 15_000);
});

test("over: a connection that opened ends a series of refusals", () => {
  const retry = new Retry();
  retry.over(null);
  assert.equal(retry.refusals, 1);
  retry.over(10);
  assert.equal(retry.refusals, 0);
});

test("reset: starts again at the first wait", () => {
  const retry = new Retry(1000, 30_000, () => 1);
  [null, null, null].forEach((livedMs) => retry.over(livedMs));
  retry.reset();
  assert.deepEqual([retry.delayMs(), retry.refusals], [1000, 0]);
});
