/** Shows round-trip times: the latest as a large number, the last `MAX_VALUES` as a line and as a table. */

import { byId, make, setTime, show } from "./kit/dom.js";
import { milliseconds } from "./kit/durations.js";
import { say } from "./kit/texts.js";
import { clock, now } from "./kit/times.js";

const MAX_VALUES = 40;
const WIDTH = 160; // width of the SVG's viewBox
const HEIGHT = 36;
const MARGIN = 2;

export class RttView {
  constructor() {
    /** @type {number[]} milliseconds, oldest first */
    this.values = [];
  }

  /** @param {number} ms */
  add(ms) {
    this.values = [...this.values, ms].slice(-MAX_VALUES);
    show("rtt", milliseconds(ms));
    byId("rtt-line", SVGElement).firstElementChild?.setAttribute("points", points(this.values));
    show("rtt-summary", summary(this.values));
    const rows = byId("rtt-rows");
    rows.prepend(row(ms));
    while (rows.children.length > MAX_VALUES) {
      rows.lastElementChild?.remove();
    }
  }
}

/**
 * Return the points of the line, in the coordinates of the SVG's viewBox. The bottom of the line is 0 ms.
 *
 * @param {number[]} values
 */
function points(values) {
  const maximum = Math.max(...values, 1);
  const y = (/** @type {number} */ value) => HEIGHT - MARGIN - (value / maximum) * (HEIGHT - 2 * MARGIN);
  const step = WIDTH / (MAX_VALUES - 1);
  return values.map((value, i) => `${(i * step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
}

/** @param {number[]} values */
function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return say("rtt.summary", {
    count: sorted.length,
    least: milliseconds(sorted[0]),
    most: milliseconds(sorted[sorted.length - 1]),
    median: milliseconds(sorted[Math.floor(sorted.length / 2)]),
  });
}

/** @param {number} ms */
function row(ms) {
  const time = make("time");
  setTime(time, now(), clock(now()));
  return make("tr", "", make("td", "", time), make("td", "", milliseconds(ms)));
}
