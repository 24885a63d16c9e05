/** Numbers, durations and times as people read them, in the language of the page. Times: epoch seconds. */

import { say } from "./words.js";

const language = document.documentElement.lang || undefined;
const integer = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percentTenth = new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percentWhole = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const hourMinute = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const seconds = new Intl.DateTimeFormat(language, { ...hourMinute, second: "2-digit" });
const minutes = new Intl.DateTimeFormat(language, hourMinute);
const dayAndMinutes = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", ...hourMinute });

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const none = () => say("none");

/** @param {number|null} n a count */
export function count(n) {
  return n == null ? none() : integer.format(n);
}

/** @param {number|null} n per second */
export function rate(n) {
  if (n == null) return none();
  return n < 1000 ? tenth.format(n) : integer.format(n);
}

/** @param {number} share 0 to 1; one decimal where it tells something */
export function percent(share) {
  return share > 0 && share < 0.1 ? percentTenth.format(share) : percentWhole.format(share);
}

/** @param {number|null} ms */
export function milliseconds(ms) {
  if (ms == null) return none();
  return say("unit.ms", { n: ms < 100 ? tenth.format(ms) : integer.format(ms) });
}

/**
 * A duration in its two largest units: "340 ms", "9.3 s", "2 min 5 s", "3 h 12 min", "2 d 4 h".
 * @param {number|null} s seconds
 */
export function duration(s) {
  if (s == null) return none();
  if (s < 1) return say("unit.ms", { n: integer.format(Math.max(0, s) * 1000) });
  if (s < 10) return say("unit.s", { n: tenth.format(s) });
  if (Math.round(s) < MINUTE) return say("unit.s", { n: Math.round(s) });
  if (Math.round(s) < HOUR) return twoUnits(s, "unit.min", MINUTE, "unit.s", 1);
  if (s < DAY) return twoUnits(s, "unit.h", HOUR, "unit.min", MINUTE);
  return twoUnits(s, "unit.d", DAY, "unit.h", HOUR);
}

/** A duration in whole seconds or longer units, for "… ago" that is written anew each second. */
export function wholeDuration(s) {
  if (s < 1) return say("unit.s", { n: "<1" });
  return s < 10 ? say("unit.s", { n: Math.round(s) }) : duration(s);
}

function twoUnits(s, largeKey, large, smallKey, small) {
  const parts = Math.floor(Math.round(s) / small);
  const perLarge = large / small;
  const first = say(largeKey, { n: integer.format(Math.floor(parts / perLarge)) });
  const rest = parts % perLarge;
  return rest ? `${first} ${say(smallKey, { n: rest })}` : first;
}

/** @param {number} epoch */
const date = (epoch) => new Date(epoch * 1000);

/** Local time of day with seconds: "14:02:11". */
export const clock = (epoch) => seconds.format(date(epoch));

/** Local time of day without seconds: "14:02". */
export const clockMinutes = (epoch) => minutes.format(date(epoch));

/** Local time of day, with the day where that is not today's. */
export function moment(epoch) {
  const sameDay = date(epoch).toDateString() === new Date().toDateString();
  return sameDay ? clock(epoch) : dayAndMinutes.format(date(epoch));
}

/** From one moment to another: "14:02:00 – 14:02:10", without seconds where both are whole minutes. */
export function span(from, to) {
  const write = from % MINUTE || to % MINUTE ? clock : clockMinutes;
  return `${write(from)} – ${write(to)}`;
}

/** For the machine: "2025-11-20T14:02:11.250Z". */
export const iso = (epoch) => date(epoch).toISOString();

/** For the hover: "2025-11-20 14:02:11 UTC". */
export const utc = (epoch) => `${iso(epoch).slice(0, 19).replace("T", " ")} UTC`;
