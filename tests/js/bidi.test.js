import assert from "node:assert/strict";
import { test } from "node:test";

import { visible } from "../../static/lifecycle/js/kit/bidi.js";

const CONTROLS = ["061C", "200E", "200F", "202A", "202B", "202C", "202D", "202E", "2066", "2067", "2068", "2069"];

test("visible: shows controls of direction", () => {
  for (const number of CONTROLS) {
    assert.equal(visible(`a${String.fromCharCode(parseInt(number, 16))}b`), `a[U+${number}]b`);
  }
});

test("visible: keeps other texts", () => {
  for (const text of ["", "timeout", "\u05e9\u05dc\u05d5\u05dd", "e\u0301 \u200d"]) {
    assert.equal(visible(text), text);
  }
});
