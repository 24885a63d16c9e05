import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Memory } from "../../static/lifecycle/js/memory.js";

const SOCKET = "ws://localhost/ws/status/";
const CLOSED = { code: 4000, reason: "why", clean: true };

beforeEach(() => {
  const kept = new Map();
  globalThis.sessionStorage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => kept.set(key, text),
    removeItem: (key) => kept.delete(key),
  };
});

afterEach(() => {
  mock.restoreAll();
  delete globalThis.sessionStorage;
});

/** Return the memory of a page whose connection has this id. */
function connected(id) {
  const memory = new Memory(SOCKET);
  memory.connection = id;
  return memory;
}

test("tab: is 32 hexadecimal digits and stays the same", () => {
  const memory = new Memory(SOCKET);
  assert.match(memory.tab, /^[0-9a-f]{32}$/);
  assert.equal(new Memory(SOCKET).tab, memory.tab);
});

test("report: nothing before the first end", () => {
  assert.equal(connected("a").report(), undefined);
});

test("report: the end of the previous connection, and the time since", () => {
  const clock = mock.method(Date, "now", () => 1_000);
  const memory = connected("a");
  memory.ended(CLOSED);
  clock.mock.mockImplementation(() => 3_500);
  assert.deepEqual(memory.report(), { ...CLOSED, connection: "a", offline_ms: 2_500 });
});

test("report: a clock that was set back gives no negative time", () => {
  const clock = mock.method(Date, "now", () => 5_000);
  const memory = connected("a");
  memory.ended(CLOSED);
  clock.mock.mockImplementation(() => 1_000);
  assert.equal(memory.report().offline_ms, 0);
});

test("ended: a connection without a welcome is not kept", () => {
  const memory = new Memory(SOCKET);
  memory.ended(CLOSED);
  assert.equal(memory.report(), undefined);
});

test("putAway: the next page reports 1001 for a page that was left", () => {
  connected("a").putAway(false);
  const { connection, code, clean } = new Memory(SOCKET).report();
  assert.deepEqual([connection, code, clean], ["a", 1001, true]);
});

test("putAway: a page in the back-forward cache does not see its end", () => {
  connected("a").putAway(true);
  assert.equal(new Memory(SOCKET).report().code, null);
});

test("putAway: only one page takes it", () => {
  connected("a").putAway(false);
  assert.notEqual(new Memory(SOCKET).report(), undefined);
  assert.equal(new Memory(SOCKET).report(), undefined);
});

test("restore: a page does not report its own connection as the previous one", () => {
  const memory = connected("a");
  memory.putAway(true);
  memory.restore();
  assert.deepEqual([memory.connection, memory.previous], ["a", null]);
});

test("storage: a browser that denies it leaves the page a memory of its own", () => {
  delete globalThis.sessionStorage;
  const memory = connected("a");
  memory.ended(CLOSED);
  memory.putAway(false);
  assert.equal(memory.report().connection, "a");
});
