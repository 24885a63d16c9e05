/** Formats times in the reader's time zone and language. A moment is a Unix time in seconds. */

import { LANGUAGE } from "./page_data.js";

const HOUR_S = 3600;
const HOUR_MINUTE = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const SECONDS = new Intl.DateTimeFormat(LANGUAGE, { ...HOUR_MINUTE, second: "2-digit" });
const MINUTES = new Intl.DateTimeFormat(LANGUAGE, HOUR_MINUTE);
const DAY_AND_MINUTES = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short", ...HOUR_MINUTE });

const DAY = new Intl.DateTimeFormat(LANGUAGE, { day: "numeric", month: "short" });

/** Return the current time. */
export function now() {
  return Date.now() / 1000;
}

/**
 * Return the time of day with seconds: "14:02:11".
 *
 * @param {number} moment
 */
export function clock(moment) {
  return SECONDS.format(date(moment));
}

/**
 * Return the time of day without seconds: "14:02".
 *
 * @param {number} moment
 */
export function clockMinutes(moment) {
  return MINUTES.format(date(moment));
}

/**
 * Return the time of day with seconds; for another day, the date and the time of day without seconds.
 *
 * @param {number} moment
 */
export function clockOrDate(moment) {
  const today = date(moment).toDateString() === new Date().toDateString();
  return today ? clock(moment) : DAY_AND_MINUTES.format(date(moment));
}

/**
 * Return a day: "20 Nov".
 *
 * @param {number} moment
 */
export function day(moment) {
  return DAY.format(date(moment));
}

/**
 * Return a period with its dates: "20 Nov, 14:02 – 21 Nov, 09:00".
 *
 * @param {number} from
 * @param {number} to
 */
export function span(from, to) {
  const sameDay = date(from).toDateString() === date(to).toDateString();
  const end = sameDay ? clockMinutes(to) : DAY_AND_MINUTES.format(date(to));
  return `${DAY_AND_MINUTES.format(date(from))} – ${end}`;
}

/**
 * Return a period: "14:02:10 – 14:02:20", or "14:02 – 14:03" if it starts and ends on whole minutes. A period of an
 * hour or more has its dates.
 *
 * @param {number} from
 * @param {number} to
 */
export function period(from, to) {
  if (to - from >= HOUR_S) {
    return span(from, to);
  }
  const write = from % 60 || to % 60 ? clock : clockMinutes;
  return `${write(from)} – ${write(to)}`;
}

/**
 * Return a time in ISO 8601: "2025-11-20T14:02:11.250Z".
 *
 * @param {number} moment
 */
export function iso(moment) {
  return date(moment).toISOString();
}

/**
 * Return a UTC time for people: "2025-11-20 14:02:11 UTC".
 *
 * @param {number} moment
 */
export function utc(moment) {
  return `${iso(moment).slice(0, 19).replace("T", " ")} UTC`;
}

/** @param {number} moment */
function date(moment) {
  return new Date(moment * 1000);
}
