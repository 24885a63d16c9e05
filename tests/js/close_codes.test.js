import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { closeMeaning } from "../../static/lifecycle/js/close_meaning.js";
import { codeMeaning, isNamed, useCloseCodes } from "../../static/lifecycle/js/kit/close_codes.js";
import { useTexts } from "../../static/lifecycle/js/kit/texts.js";

const meaning = (/** @type {string} */ name) => ({ name, meaning: `${name}.`, next: "" });

beforeEach(() => {
  useTexts({}, "en");
  useCloseCodes({
    codes: { 1000: meaning("normal closure"), 1006: meaning("abnormal closure") },
    code_ranges: { "1000-2999": meaning("reserved"), "4000-4999": meaning("private") },
  });
});

for (const [code, name] of /** @type {[number, string][]} */ ([
  [1000, "normal closure"],
  [1004, "reserved"],
  [2999, "reserved"],
  [4000, "private"],
  [4999, "private"],
  [3000, ""],
  [5000, ""],
])) {
  test(`codeMeaning: ${code} is "${name}"`, () => {
    assert.equal(codeMeaning(code).name, name);
  });
}

test("isNamed: true only for a code with its own entry", () => {
  assert.deepEqual([1000, 1004].map(isNamed), [true, false]);
});

const OPENED = { code: 1000, reason: "", clean: true, opened: true };

/** @type {[string, import("../../static/lifecycle/js/close_meaning.js").Close, string][]} */
const CLOSES = [
  ["the meaning of the code", OPENED, "normal closure"],
  ["a failed handshake", { ...OPENED, opened: false }, "close.refused.name"],
  ["an end while the page was suspended", { ...OPENED, code: null }, "close.unseen.name"],
  ["1006 from the browser", { ...OPENED, code: 1006 }, "abnormal closure"],
  ["1006 from this page", { ...OPENED, code: 1006, reason: "no pong" }, "close.given_up.name"],
];

for (const [title, close, name] of CLOSES) {
  test(`closeMeaning: ${title}`, () => {
    assert.equal(closeMeaning(close).name, name);
  });
}
