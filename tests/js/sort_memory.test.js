import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { recallSort, rememberSort } from "../../static/lifecycle_dashboard/js/sort_memory.js";

/** @param {Record<string, string>} stored */
function useStorage(stored) {
  const storage = {
    getItem: (/** @type {string} */ key) => stored[key] ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ text) => void (stored[key] = text),
  };
  Object.defineProperty(globalThis, "localStorage", { value: storage, configurable: true });
}

afterEach(() => void Reflect.deleteProperty(globalThis, "localStorage"));

test("recallSort: returns what was remembered, for each table", () => {
  useStorage({});
  rememberSort("endpoints-table", { name: "refused", descending: true });
  assert.deepEqual(recallSort("endpoints-table"), { name: "refused", descending: true });
  assert.equal(recallSort("processes-table"), null);
});

for (const text of ["", "{", "null", "[]", '{"name": 1, "descending": true}', '{"name": "open"}']) {
  test(`recallSort: null for ${JSON.stringify(text)}`, () => {
    useStorage({ "lifecycle.sort.t": text });
    assert.equal(recallSort("t"), null);
  });
}

test("without storage, nothing is remembered and nothing fails", () => {
  Object.defineProperty(globalThis, "localStorage", {
    get: () => {
      throw new Error("denied");
    },
    configurable: true,
  });
  rememberSort("t", { name: "open", descending: false });
  assert.equal(recallSort("t"), null);
});
