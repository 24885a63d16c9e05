import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { say, sayCount, useTexts } from "../../static/lifecycle/js/kit/texts.js";

const TEXTS = { greeting: "Hello {name}, from {place}", "viewer.one": "{n} viewer", "viewer.other": "{n} viewers" };

beforeEach(() => useTexts(TEXTS, "en"));

test("say: fills in placeholders and keeps those without a value", () => {
  assert.equal(say("greeting", { name: "Ada" }), "Hello Ada, from {place}");
});

test("say: a value of 0 is a value", () => {
  assert.equal(say("viewer.other", { n: 0 }), "0 viewers");
});

test("say: a value is not searched for placeholders", () => {
  assert.equal(say("greeting", { name: "{place}", place: "here" }), "Hello {place}, from here");
});

test("say: an unknown key is shown as it is", () => {
  assert.equal(say("viewer.none"), "viewer.none");
});

test("sayCount: selects the form for the number and shows it as written", () => {
  assert.equal(sayCount("viewer", 1), "1 viewer");
  assert.equal(sayCount("viewer", 1200, "1,200"), "1,200 viewers");
});

test("sayCount: the language decides on the form", () => {
  useTexts(TEXTS, "fr");
  assert.equal(sayCount("viewer", 0), "0 viewer");
});

test("sayCount: a form without a text falls back to other", () => {
  useTexts(TEXTS, "pl");
  assert.equal(sayCount("viewer", 3), "3 viewers");
});
