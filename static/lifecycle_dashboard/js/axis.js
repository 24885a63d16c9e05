/** The labels of the time axis: as many round local times as fit. */

import { clock, clockMinutes, day } from "../../lifecycle/js/kit/times.js";

const DAY_S = 86_400;
const STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY_S, 2 * DAY_S, 7 * DAY_S,
  14 * DAY_S, 30 * DAY_S, 91 * DAY_S, 365 * DAY_S];
const LABEL_PX = 76;
const EDGE_PX = 18;

/**
 * Return the times to label. Times so close to the end of the axis that their labels would be cut off are left out.
 *
 * @param {number} from Unix time in seconds
 * @param {number} to
 * @param {number} width width of the axis in pixels
 * @returns {number[]}
 */
export function timeTicks(from, to, width) {
  const maximum = Math.max(2, Math.floor(width / LABEL_PX));
  const step = STEPS_S.find((s) => (to - from) / s <= maximum) ?? 365 * DAY_S;
  const offset = new Date(from * 1000).getTimezoneOffset() * 60;
  const first = Math.ceil((from - offset) / step) * step + offset;
  const end = to - ((to - from) * EDGE_PX) / width;
  const ticks = [];
  for (let t = first; t <= end; t += step) {
    ticks.push(t);
  }
  return ticks;
}

/** @param {number} t Unix time in seconds */
export function timeLabel(t) {
  const midnight = (t - new Date(t * 1000).getTimezoneOffset() * 60) % DAY_S === 0;
  if (midnight) {
    return day(t);
  }
  return t % 60 ? clock(t) : clockMinutes(t);
}
