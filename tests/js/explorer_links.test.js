import assert from "node:assert/strict";
import { test } from "node:test";

import { explorerAddress } from "../../static/lifecycle_dashboard/js/explorer_links.js";

/** @typedef {import("../../static/lifecycle_dashboard/js/explorer_links.js").Filters} Filters */

for (const [filters, expected] of /** @type {[Filters, string][]} */ ([
  [{}, "connections/"],
  [{ state: "open" }, "connections/?state=open"],
  [{ cause: "rejected", code: null, endpoint: undefined, q: "" }, "connections/?cause=rejected"],
  [{ code: 1006, since: "15m" }, "connections/?code=1006&since=15m"],
  [{ endpoint: "ws/a b/<x>&y=1+2/" }, "connections/?endpoint=ws%2Fa+b%2F%3Cx%3E%26y%3D1%2B2%2F"],
])) {
  test(`explorerAddress: ${JSON.stringify(filters)}`, () => {
    assert.equal(explorerAddress(filters), expected);
  });
}
