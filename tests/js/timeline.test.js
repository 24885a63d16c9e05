import assert from "node:assert/strict";
import { test } from "node:test";

import { Timeline } from "../../static/lifecycle_dashboard/js/timeline.js";

const NOTHING = { buckets: [], count: 0, p50: null, p95: null, p99: null };
/** @type {import("../../static/lifecycle_dashboard/js/contract.js").HistoryAnswer} */
const HISTORY = {
  v: 1,
  range: "15m",
  from: 0,
  to: 900,
  bucket_s: 10,
  times: Array.from({ length: 90 }, (_, i) => i * 10),
  open: { "chat/": Array(90).fill(4) },
  closes: { client_normal: Array(90).fill(2) },
  marks: [{ at: 5, kind: "start", process: "web1:1", release: "" }],
  ends: [],
  since: 0,
  age_s: 0,
  peak: { open: 4, at: 0 },
  durations: NOTHING,
  silences: NOTHING,
  handshakes: NOTHING,
  previous: null,
  record: { rows_since: null, rollups_since: null, bytes: null, bytes_per_day: null, full_in_days: null },
};

/**
 * @param {number} t
 * @param {number} open
 * @param {number} closes
 */
function bucket(t, open, closes) {
  return { t, open: { "chat/": open }, closes: { client_normal: closes } };
}

/** Return a timeline with the history above. */
function loaded() {
  const timeline = new Timeline();
  timeline.load(HISTORY);
  return timeline;
}

test("view: null before the first data", () => {
  assert.equal(new Timeline().view(true), null);
});

test("view: history alone", () => {
  const view = loaded().view(false);
  assert.deepEqual([view?.from, view?.to, view?.bucket, view?.open.get("chat/")?.[0]], [0, 900, 10, 4]);
});

test("view: 15 minutes up to the newest live bucket", () => {
  const timeline = loaded();
  timeline.extend([bucket(900, 7, 1)]);
  const view = timeline.view(true);
  assert.deepEqual([view?.from, view?.to, view?.times.length], [10, 910, 90]);
  assert.deepEqual(view?.open.get("chat/")?.slice(-2), [4, 7]);
});

test("view: the live number of open connections replaces the recorded one", () => {
  const timeline = loaded();
  timeline.extend([bucket(890, 1, 0)]);
  assert.equal(timeline.view(true)?.open.get("chat/")?.at(-1), 1);
});

test("view: the larger of the live and the recorded number of closes is used", () => {
  const timeline = loaded();
  timeline.extend([bucket(880, 1, 5), bucket(890, 1, 0)]);
  assert.deepEqual(timeline.view(true)?.closes.get("client_normal")?.slice(-2), [5, 2]);
});

test("view: a bucket without data has an unknown number of open connections and no closes", () => {
  const timeline = new Timeline();
  timeline.extend([bucket(900, 7, 1)]);
  assert.equal(timeline.view(true)?.open.get("chat/")?.[0], null);
  assert.equal(timeline.view(true)?.closes.get("client_normal")?.[0], 0);
});

test("view: only the marks of the period", () => {
  const timeline = loaded();
  assert.equal(timeline.view(true)?.marks.length, 1);
  timeline.extend([bucket(900, 7, 1)]);
  assert.equal(timeline.view(true)?.marks.length, 0);
});

test("extend: returns whether any bucket has changed", () => {
  const timeline = new Timeline();
  assert.equal(timeline.extend([bucket(900, 7, 1)]), true);
  assert.equal(timeline.extend([bucket(900, 7, 1)]), false);
  assert.equal(timeline.extend([bucket(900, 8, 1)]), true);
});

test("interrupt: removes the live buckets", () => {
  const timeline = loaded();
  timeline.extend([bucket(890, 1, 0)]);
  timeline.interrupt();
  assert.equal(timeline.view(true)?.open.get("chat/")?.at(-1), 4);
});
