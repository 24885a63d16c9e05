import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { useTexts } from "../../static/lifecycle/js/kit/texts.js";
import { causeOf, useCauses } from "../../static/lifecycle_dashboard/js/causes.js";
import { closesSeries, openSeries } from "../../static/lifecycle_dashboard/js/series.js";
import { clearSlots, slotOf } from "../../static/lifecycle_dashboard/js/slots.js";

/**
 * @param {string} label
 * @param {boolean} abnormal
 */
function cause(label, abnormal) {
  return { label, abnormal, meaning: "", next: "", initiator: "client" };
}

beforeEach(() => {
  clearSlots();
  useTexts({ "chart.others": "all others" }, "en");
  useCauses({ client_normal: cause("closed normally", false), network_lost: cause("connection lost", true) });
});

test("slotOf: an endpoint keeps its slot, and endpoints after the seventh share one", () => {
  const endpoints = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
  assert.deepEqual(endpoints.map(slotOf), ["1", "2", "3", "4", "5", "6", "7", "others", "others"]);
  assert.equal(slotOf("b"), "2");
});

test("causeOf: a cause of a newer release is abnormal, and its label is its name", () => {
  assert.deepEqual([causeOf("new").label, causeOf("new").abnormal], ["new", true]);
});

test("openSeries: the largest endpoint gets the first slot, and idle endpoints get none", () => {
  const open = new Map([["idle/", [0, 0]], ["small/", [1, null]], ["large/", [null, 5]]]);
  assert.deepEqual(openSeries(open).map(({ name, slot }) => [name, slot]), [["large/", "1"], ["small/", "2"]]);
});

test("openSeries: endpoints without their own slot share one layer", () => {
  ["a", "b", "c", "d", "e", "f", "g"].forEach(slotOf);
  const open = new Map([["x/", [1, null]], ["y/", [2, null]]]);
  const [{ label, values }] = openSeries(open);
  assert.deepEqual([label, values], ["all others", [3, null]]);
});

/**
 * Return the names of the layers for causes with these closes.
 *
 * @param {Record<string, number>} closes
 */
function layersOf(closes) {
  const values = Object.entries(closes).map(([name, count]) => /** @type {[string, number[]]} */ ([name, [count]]));
  return closesSeries(new Map(values)).map(({ name }) => name);
}

test("closesSeries: abnormal causes come first", () => {
  assert.deepEqual(layersOf({ client_normal: 2, network_lost: 3 }), ["network_lost", "client_normal"]);
});

test("closesSeries: a cause of a newer release comes after the known abnormal causes", () => {
  const closes = { new: 1, client_normal: 2, network_lost: 3 };
  assert.deepEqual(layersOf(closes), ["network_lost", "new", "client_normal"]);
});

test("closesSeries: a cause without closes has no layer", () => {
  assert.deepEqual(layersOf({ client_normal: 1, network_lost: 0 }), ["client_normal"]);
});
