import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { say, sayCount, useTexts } from "../../static/lifecycle/js/kit/texts.js";

const TEXTS = { greeting: "Hello {name}, from {place}", "viewer.one": "{n} viewer", "viewer.other": "{n} viewers" };

beforeEach(() => useTexts(TEXTS, "en"));

test("say: fills in placeholders, and keeps placeholders without a value", () => {
  assert.equal(say("greeting", { name: "Ada" }), "Hello Ada, from {place}");
});

test("say: fills in the value 0", () => {
  assert.equal(say("viewer.other", { n: 0 }), "0 viewers");
});

test("say: a placeholder in a value is not filled in", () => {
  assert.equal(say("greeting", { name: "{place}", place: "here" }), "Hello {place}, from here");
});

test("say: an unknown key is returned unchanged", () => {
  assert.equal(say("viewer.none"), "viewer.none");
});

test("sayCount: selects the plural form by the number, and shows the formatted number", () => {
  assert.equal(sayCount("viewer", 1), "1 viewer");
  assert.equal(sayCount("viewer", 1200, "1,200"), "1,200 viewers");
});

test("sayCount: the language determines the plural form", () => {
  useTexts(TEXTS, "fr");
  assert.equal(sayCount("viewer", 0), "0 viewer");
});

test('sayCount: a plural form without a text falls back to "other"', () => {
  useTexts(TEXTS, "pl");
  assert.equal(sayCount("viewer", 3), "3 viewers");
});
