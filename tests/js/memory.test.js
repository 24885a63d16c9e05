import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { Memory } from "../../static/lifecycle/js/memory.js";

const SOCKET = "ws://localhost/ws/status/";
const CLOSED = { code: 4000, reason: "why", clean: true };

beforeEach(() => {
  /** @type {Map<string, string>} */
  const items = new Map();
  setStorage({
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => void items.set(key, text),
    removeItem: (/** @type {string} */ key) => void items.delete(key),
  });
});

afterEach(() => {
  mock.restoreAll();
  setStorage(undefined);
});

/**
 * Replace sessionStorage; undefined makes every access to it fail, as in a browser that denies it.
 *
 * @param {object|undefined} storage
 */
function setStorage(storage) {
  Object.assign(globalThis, { sessionStorage: storage });
}

/**
 * Return the memory of a page whose connection has this ID.
 *
 * @param {string} id
 */
function connected(id) {
  const memory = new Memory(SOCKET);
  memory.connection = id;
  return memory;
}

test("tab: 32 hexadecimal digits that do not change", () => {
  const memory = new Memory(SOCKET);
  assert.match(memory.tab, /^[0-9a-f]{32}$/);
  assert.equal(new Memory(SOCKET).tab, memory.tab);
});

test("report: undefined before the first end", () => {
  assert.equal(connected("a").report(), undefined);
});

test("report: the end of the previous connection, and the time since", () => {
  const clock = mock.method(Date, "now", () => 1_000);
  const memory = connected("a");
  memory.ended(CLOSED);
  clock.mock.mockImplementation(() => 3_500);
  assert.deepEqual(memory.report(), { ...CLOSED, connection: "a", offline_ms: 2_500 });
});

test("report: the time offline is not negative after the clock was set back", () => {
  const clock = mock.method(Date, "now", () => 5_000);
  const memory = connected("a");
  memory.ended(CLOSED);
  clock.mock.mockImplementation(() => 1_000);
  assert.equal(memory.report()?.offline_ms, 0);
});

test("ended: a connection that ended before its welcome is ignored", () => {
  const memory = new Memory(SOCKET);
  memory.ended(CLOSED);
  assert.equal(memory.report(), undefined);
});

test("save: the next page reports 1001 for the connection of this page", () => {
  connected("a").save(false);
  const report = new Memory(SOCKET).report();
  assert.deepEqual([report?.connection, report?.code, report?.clean], ["a", 1001, true]);
});

test("save: the close code is unknown for a page in the back-forward cache", () => {
  connected("a").save(true);
  assert.equal(new Memory(SOCKET).report()?.code, null);
});

test("save: only one page reports the saved end", () => {
  connected("a").save(false);
  assert.notEqual(new Memory(SOCKET).report(), undefined);
  assert.equal(new Memory(SOCKET).report(), undefined);
});

test("restore: a page does not report its own connection as the previous one", () => {
  const memory = connected("a");
  memory.save(true);
  memory.restore();
  assert.deepEqual([memory.connection, memory.previous], ["a", null]);
});

test("storage: if the browser denies it, the page still remembers the last end", () => {
  setStorage(undefined);
  const memory = connected("a");
  memory.ended(CLOSED);
  memory.save(false);
  assert.equal(memory.report()?.connection, "a");
});
