import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { useTexts } from "../../static/lifecycle/js/kit/texts.js";
import { causeOf, useCauses } from "../../static/lifecycle_dashboard/js/causes.js";
import { closesSeries, openSeries } from "../../static/lifecycle_dashboard/js/series.js";
import { clearSlots, slotOf } from "../../static/lifecycle_dashboard/js/slots.js";

const cause = (label, abnormal) => ({ label, abnormal, meaning: "", next: "", initiator: "client" });

beforeEach(() => {
  clearSlots();
  useTexts({ "chart.others": "all others" }, "en");
  useCauses({ client_normal: cause("closed normally", false), network_lost: cause("connection lost", true) });
});

test("slotOf: an endpoint keeps its slot, and the eighth has to share", () => {
  const endpoints = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  assert.deepEqual(endpoints.map(slotOf), ["1", "2", "3", "4", "5", "6", "7", "others", "others"]);
  assert.equal(slotOf("b"), "2");
});

test("causeOf: a cause of a newer release has its name as label and is abnormal", () => {
  assert.deepEqual([causeOf("new").label, causeOf("new").abnormal], ["new", true]);
});

test("openSeries: the largest endpoint gets the first slot, and idle ones none", () => {
  const open = new Map([["idle/", [0, 0]], ["small/", [1, null]], ["large/", [null, 5]]]);
  assert.deepEqual(openSeries(open).map(({ name, slot }) => [name, slot]), [["large/", "1"], ["small/", "2"]]);
});

test("openSeries: endpoints without a slot of their own are one layer", () => {
  ["a", "b", "c", "d", "e", "f", "g"].forEach(slotOf);
  const open = new Map([["x/", [1, null]], ["y/", [2, null]]]);
  const [{ label, values }] = openSeries(open);
  assert.deepEqual([label, values], ["all others", [3, null]]);
});

test("closesSeries: abnormal causes come first, unknown ones last, and unused ones not at all", () => {
  const closes = new Map([["new", [1]], ["client_normal", [2]], ["network_lost", [3]], ["unused", [0]]]);
  assert.deepEqual(closesSeries(closes).map(({ name }) => name), ["network_lost", "client_normal", "new"]);
});
