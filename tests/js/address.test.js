import assert from "node:assert/strict";
import { test } from "node:test";

import { socketAddress } from "../../static/lifecycle/js/kit/address.js";

for (const [path, page, expected] of [
  ["/ws/status/", "http://localhost:8000/", "ws://localhost:8000/ws/status/"],
  ["/ws/status/", "https://monitor.example/dashboard/?a=1#b", "wss://monitor.example/ws/status/"],
  ["https://other.example/ws/", "http://localhost/", "wss://other.example/ws/"],
  ["ws://other.example/ws/", "https://monitor.example/", "ws://other.example/ws/"],
]) {
  test(`socketAddress: ${path} on ${page}`, () => {
    assert.equal(socketAddress(path, page), expected);
  });
}
