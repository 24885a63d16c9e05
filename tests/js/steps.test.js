import assert from "node:assert/strict";
import { test } from "node:test";

import { stepOf, stepsOf } from "../../static/lifecycle_dashboard/js/steps.js";
import { add, last, peak, sum } from "../../static/lifecycle_dashboard/js/sums.js";

for (const [seconds, bucket, step] of [
  [900, 10, 60],
  [3600, 60, 300],
  [21_600, 300, 900],
  [86_400, 900, 3600],
  [30 * 86_400, 3600, 86_400],
]) {
  test(`stepOf: ${seconds} s in buckets of ${bucket} s`, () => {
    assert.equal(stepOf({ from: 0, to: seconds, bucket }), step);
  });
}

test("stepsOf: newest first, with the total of all series last", () => {
  const series = [{ name: "a", label: "a", values: [1, 2, 3] }, { name: "b", label: "b", values: [10, 20, 30] }];
  assert.deepEqual(stepsOf([0, 30, 60], series, 60, sum), [
    { from: 60, to: 120, numbers: [3, 30, 33] },
    { from: 0, to: 60, numbers: [3, 30, 33] },
  ]);
});

test("stepsOf: the total is unknown if all numbers are unknown", () => {
  const series = [{ name: "a", label: "a", values: [null] }];
  assert.deepEqual(stepsOf([0], series, 60, last)[0].numbers, [null, null]);
});

test("sums: null counts as unknown", () => {
  assert.equal(sum([1, null, 2]), 3);
  assert.equal(last([1, 2, null]), 2);
  assert.equal(last([null]), null);
  assert.equal(peak([null]), 0);
  assert.deepEqual(add([1, null, null], [2, 3, null]), [3, 3, null]);
});
