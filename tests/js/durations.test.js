/** Durations in JavaScript. tests/test_durations.py tests the Python functions with the same cases. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { age, duration, milliseconds, wholeUnits } from "../../static/lifecycle/js/kit/durations.js";
import { useTexts } from "../../static/lifecycle/js/kit/texts.js";

const { cases } = JSON.parse(readFileSync(new URL("../durations.json", import.meta.url), "utf-8"));

useTexts(
  { "unit.ms": "{n} ms", "unit.s": "{n} s", "unit.min": "{n} min", "unit.h": "{n} h", "unit.d": "{n} d" },
  "en",
);

for (const [seconds, text] of cases) {
  test(`duration: ${seconds} is "${text}"`, () => {
    assert.equal(duration(seconds), text);
  });
}

/** @type {[number, string][]} */
const AGES = [
  [-0.2, "<1 s"],
  [0.9, "<1 s"],
  [3.9, "3 s"],
  [59.6, "59 s"],
  [252, "4 min 12 s"],
];

for (const [seconds, text] of AGES) {
  test(`age: ${seconds} is "${text}"`, () => {
    assert.equal(age(seconds), text);
  });
}

/** @type {[number, string][]} */
const WHOLE_UNITS = [
  [30, "30 s"],
  [60, "1 min"],
  [900, "15 min"],
  [7200, "2 h"],
  [86400, "1 d"],
];

for (const [seconds, text] of WHOLE_UNITS) {
  test(`wholeUnits: ${seconds} is "${text}"`, () => {
    assert.equal(wholeUnits(seconds), text);
  });
}

test("milliseconds: tenths below 100 ms, integers above", () => {
  assert.equal(milliseconds(3.14), "3.1 ms");
  assert.equal(milliseconds(314.1), "314 ms");
});
