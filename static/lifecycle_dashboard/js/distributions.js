/** The distributions of durations and handshakes in the window, as tables with bars. */

import { byId, childrenOf, make, setShown, setText } from "../../lifecycle/js/kit/dom.js";
import { duration } from "../../lifecycle/js/kit/durations.js";
import { drawList } from "../../lifecycle/js/kit/list.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { count, known, percent } from "./format.js";

/** @typedef {import("./contract.js").Distribution} Distribution */
/** @typedef {import("./contract.js").SecondsBucket} SecondsBucket */
/** @typedef {SecondsBucket & {share: number, width: number}} Bar `share` of all values; `width` of the longest bar */

/** A table has at most this many rows, so neighbouring buckets may share one. */
const MAX_ROWS = 12;

/**
 * Draw the distributions of a window.
 *
 * @param {{durations: Distribution, silences: Distribution, handshakes: Distribution}} history
 */
export function drawDistributions({ durations, silences, handshakes }) {
  drawDistribution("durations", durations);
  drawDistribution("silences", silences);
  drawDistribution("handshakes", handshakes);
}

/**
 * @param {string} name
 * @param {Distribution} distribution
 */
function drawDistribution(name, distribution) {
  const { count: number, p50, p95, p99 } = distribution;
  const values = { p50: known(p50, duration), p95: known(p95, duration), p99: known(p99, duration) };
  setText(byId(`${name}-quantiles`), number ? say("distribution.quantiles", values) : say("distribution.empty"));
  const bars = barsOf(distribution);
  setShown(byId(`${name}-details`), bars.length > 0);
  const body = byId(`${name}-table`, HTMLTableElement).tBodies[0];
  drawList(body, bars, { key: ({ lower }) => String(lower), make: newRow, fill: fillRow });
}

/**
 * Return the bars of a distribution: its buckets, of which neighbours are joined until there are few enough.
 *
 * @param {Distribution} distribution
 * @returns {Bar[]}
 */
export function barsOf({ buckets, count: all }) {
  const size = Math.ceil(buckets.length / MAX_ROWS);
  const joined = [];
  for (let first = 0; first < buckets.length; first += size) {
    joined.push(join(buckets.slice(first, first + size)));
  }
  const longest = Math.max(...joined.map((bucket) => bucket.count), 1);
  return joined.map((bucket) => ({ ...bucket, share: bucket.count / all, width: bucket.count / longest }));
}

/**
 * @param {SecondsBucket[]} buckets neighbours, in ascending order
 * @returns {SecondsBucket}
 */
function join(buckets) {
  const number = buckets.reduce((total, bucket) => total + bucket.count, 0);
  return { lower: buckets[0].lower, upper: buckets[buckets.length - 1].upper, count: number };
}

function newRow() {
  const header = make("th");
  header.scope = "row";
  const bar = make("span", "bar");
  bar.setAttribute("aria-hidden", "true");
  return make("tr", "", header, make("td", "number"), make("td", "number"), make("td", "bars", bar));
}

/**
 * @param {HTMLTableRowElement} row
 * @param {Bar} bar
 */
function fillRow(row, { lower, upper, count: number, share, width }) {
  const [label, amount, part, bars] = childrenOf(row);
  const text = upper === null ? say("distribution.above", { lower: duration(lower) }) : between(lower, upper);
  setText(label, text);
  setText(amount, count(number));
  setText(part, percent(share));
  childrenOf(bars)[0].style.inlineSize = `${Math.max(width * 100, 1)}%`;
}

/**
 * @param {number} lower
 * @param {number} upper
 */
function between(lower, upper) {
  const key = lower === 0 ? "distribution.below" : "distribution.between";
  return say(key, { lower: duration(lower), upper: duration(upper) });
}
