import assert from "node:assert/strict";
import { test } from "node:test";

import { offers, readFrame } from "../../static/lifecycle/js/wire.js";

test("offers: a token is offered as a second subprotocol", () => {
  assert.deepEqual(offers(""), ["lifecycle.v1"]);
  assert.deepEqual(offers("abc"), ["lifecycle.v1", "token.abc"]);
});

test("offers: a token function is called", () => {
  assert.deepEqual(offers(() => "fresh"), ["lifecycle.v1", "token.fresh"]);
});

for (const [data, frame] of [
  ['{"type": "pong", "n": 1}', { type: "pong", n: 1 }],
  ["{", { type: "error", code: "bad_json", detail: "{" }],
  ["null", { type: "error", code: "bad_message", detail: "null" }],
  ['{"type": 1}', { type: "error", code: "bad_message", detail: '{"type": 1}' }],
]) {
  test(`readFrame: ${data}`, () => {
    assert.deepEqual(readFrame(data), frame);
  });
}
