import assert from "node:assert/strict";
import { test } from "node:test";

import { Retry } from "../../static/lifecycle/js/kit/retry.js";

/**
 * Return the delays before eight attempts that open and are lost at once.
 *
 * @param {number} random the result of each call of the random function
 */
function delays(random) {
  const retry = new Retry(1000, 30_000, () => random);
  return Array.from({ length: 8 }, () => {
    const delay = retry.delayMs();
    retry.attemptEnded(0);
    return delay;
  });
}

test("delayMs: doubles up to the cap", () => {
  assert.deepEqual(delays(1), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
});

test("delayMs: is random between 0 and that limit", () => {
  assert.deepEqual(delays(0), Array(8).fill(0));
  assert.deepEqual(delays(0.5), delays(1).map((limit) => limit / 2));
});

test("attemptEnded: after a long connection, the delay is the shortest again", () => {
  const retry = new Retry(1000, 30_000, () => 1);
  [null, null, 10, 60_000].forEach((livedMs) => retry.attemptEnded(livedMs));
  assert.equal(retry.delayMs(), 1000);
});

test("attemptEnded: after many refusals, no delay is short", () => {
  const retry = new Retry(1000, 30_000, () => 0);
  for (let i = 0; i < 5; i += 1) {
    retry.attemptEnded(null);
  }
  assert.equal(retry.delayMs(), 15_000);
});

test("attemptEnded: a connection that opened resets the count of refusals", () => {
  const retry = new Retry();
  retry.attemptEnded(null);
  assert.equal(retry.refusals, 1);
  retry.attemptEnded(10);
  assert.equal(retry.refusals, 0);
});

test("reset: the delay is the shortest again", () => {
  const retry = new Retry(1000, 30_000, () => 1);
  [null, null, null].forEach((livedMs) => retry.attemptEnded(livedMs));
  retry.reset();
  assert.deepEqual([retry.delayMs(), retry.refusals], [1000, 0]);
});
