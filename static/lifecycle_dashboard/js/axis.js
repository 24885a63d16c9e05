/** The time axis: round local times, as many as fit. */

import { clock, clockMinutes } from "./format.js";

const STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
const LABEL_PX = 76;
const EDGE_PX = 18;

/**
 * Moments for the labels of an axis; none so near to its end that the label would be cut.
 * @param {number} from epoch seconds
 * @param {number} to
 * @param {number} width of the axis in pixels
 * @returns {number[]}
 */
export function timeTicks(from, to, width) {
  const most = Math.max(2, Math.floor(width / LABEL_PX));
  const step = STEPS_S.find((s) => (to - from) / s <= most) ?? STEPS_S.at(-1);
  const offset = new Date(from * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const ticks = [];
  const end = to - ((to - from) * EDGE_PX) / width;
  for (let t = first; t <= end; t += step) ticks.push(t);
  return ticks;
}

/** @param {number} t epoch seconds */
export const timeLabel = (t) => (t % 60 ? clock(t) : clockMinutes(t));
