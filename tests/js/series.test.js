import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { useTexts } from "../../static/lifecycle/js/kit/texts.js";
import { causeOf, useCauses } from "../../static/lifecycle_dashboard/js/causes.js";
import { assignColours, closesSeries, openSeries } from "../../static/lifecycle_dashboard/js/series.js";
import { assignSlots, clearSlots, fillSlots, slotOf } from "../../static/lifecycle_dashboard/js/slots.js";

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

/**
 * Return endpoints with their sizes: "a" has the first size, "b" the second, and so on.
 *
 * @param {number[]} sizes
 */
function sized(...sizes) {
  return new Map(sizes.map((size, i) => /** @type {[string, number]} */ (["abcdefghij"[i], size])));
}

test("assignSlots: the largest endpoints get the slots, whatever their names", () => {
  assignSlots(sized(1, 2, 3, 4, 5, 6, 7, 8, 0));
  assert.deepEqual([..."hgfedcba", "i"].map(slotOf), ["1", "2", "3", "4", "5", "6", "7", "others", "others"]);
});

test("assignSlots: an endpoint keeps its colour while it is among the largest", () => {
  assignSlots(sized(9, 8, 7, 6, 5, 4, 3, 1));
  assignSlots(sized(3, 4, 5, 6, 7, 8, 9, 1));
  assert.deepEqual([..."abcdefg"].map(slotOf), ["1", "2", "3", "4", "5", "6", "7"]);
});

test("assignSlots: an endpoint loses its colour only to a clearly larger one", () => {
  assignSlots(sized(90, 80, 70, 60, 50, 40, 30, 10));
  assignSlots(sized(90, 80, 70, 60, 50, 40, 30, 36));
  assert.deepEqual([slotOf("g"), slotOf("h")], ["7", "others"]);
  assignSlots(sized(90, 80, 70, 60, 50, 40, 30, 38));
  assert.deepEqual([slotOf("g"), slotOf("h"), slotOf("a")], ["others", "7", "1"]);
});

test("assignSlots: an endpoint that is missing keeps its colour while there are enough", () => {
  assignSlots(sized(3, 2));
  assignSlots(new Map([["b", 5], ["c", 9]]));
  assert.deepEqual([slotOf("a"), slotOf("b"), slotOf("c")], ["1", "2", "3"]);
});

test("assignSlots: endpoints that are missing make room", () => {
  assignSlots(sized(9, 8, 7, 6, 5, 4, 3));
  assignSlots(new Map([["new", 5], ["a", 9]]));
  assert.deepEqual([slotOf("a"), slotOf("new")], ["1", "7"]);
});

test("fillSlots: a new endpoint gets a free slot, but never the slot of another", () => {
  assignSlots(sized(9, 8, 7, 6, 5, 4));
  fillSlots(new Map([["new", 100], ["newer", 99]]));
  assert.deepEqual([slotOf("a"), slotOf("new"), slotOf("newer")], ["1", "7", "others"]);
});

test("causeOf: a cause of a newer release is abnormal, and its label is its name", () => {
  assert.deepEqual([causeOf("new").label, causeOf("new").abnormal], ["new", true]);
});

test("openSeries: the largest endpoint gets the first slot, and idle endpoints have no layer", () => {
  const open = new Map([["idle/", [0, 0]], ["small/", [1, null]], ["large/", [null, 5]]]);
  assert.deepEqual(openSeries(open).map(({ name, slot }) => [name, slot]), [["large/", "1"], ["small/", "2"]]);
});

test("openSeries: endpoints without their own slot share one layer", () => {
  assignSlots(sized(9, 8, 7, 6, 5, 4, 3));
  const open = new Map([["x/", [1, null]], ["y/", [2, null]]]);
  const [{ label, values }] = openSeries(open);
  assert.deepEqual([label, values], ["all others", [3, null]]);
});

test("openSeries: of 100 endpoints, all others have the smallest", () => {
  const open = new Map(Array.from({ length: 100 }, (_, i) => [`ws/${String(i).padStart(2, "0")}/`, [i * i, i * i]]));
  assignColours(open);
  const layers = openSeries(open);
  assert.deepEqual(layers.slice(0, 2).map(({ name }) => name), ["ws/99/", "ws/98/"]);
  assert.equal(layers.length, 8);
});

test("openSeries: a later tick changes no colour, even if another endpoint is now larger", () => {
  const sizes = [9, 8, 7, 6, 5, 4, 3, 1];
  const open = (/** @type {number[]} */ values) => new Map(values.map((n, i) => [`${i}/`, [n]]));
  assignColours(open(sizes));
  const before = openSeries(open(sizes)).map(({ name, slot }) => [name, slot]);
  const after = openSeries(open([1, 8, 7, 6, 5, 4, 3, 99])).map(({ name, slot }) => [name, slot]);
  assert.deepEqual(after, before);
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
