/** The labels of the time axis: round local times, as many as fit. */

import { clock, clockMinutes } from "../../lifecycle/js/kit/times.js";

const DAY_S = 86_400;
const STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY_S];
const LABEL_PX = 76;
const EDGE_PX = 18;

/**
 * Return the moments that get a label. None is so near to the end of the axis that its label would be cut.
 *
 * @param {number} from seconds since 1970
 * @param {number} to
 * @param {number} width of the axis in pixels
 * @returns {number[]}
 */
export function timeTicks(from, to, width) {
  const most = Math.max(2, Math.floor(width / LABEL_PX));
  const step = STEPS_S.find((s) => (to - from) / s <= most) ?? DAY_S;
  const offset = new Date(from * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const end = to - ((to - from) * EDGE_PX) / width;
  const ticks = [];
  for (let t = first; t <= end; t += step) {
    ticks.push(t);
  }
  return ticks;
}

/** @param {number} t seconds since 1970 */
export function timeLabel(t) {
  return t % 60 ? clock(t) : clockMinutes(t);
}
