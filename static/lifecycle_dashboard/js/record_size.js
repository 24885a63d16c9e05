/** The line that says how far back the record reaches, how large it is and how fast it grows. */

import { byId, setText } from "../../lifecycle/js/kit/dom.js";
import { duration, wholeUnits } from "../../lifecycle/js/kit/durations.js";
import { LANGUAGE } from "../../lifecycle/js/kit/page_data.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { clockOrDate, now } from "../../lifecycle/js/kit/times.js";

const UNITS = /** @type {const} */ (["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"]);
const HOUR_S = 3600;

/** @param {import("./contract.js").HistoryAnswer} history */
export function drawRecordSize({ record, age_s: age }) {
  const { rows_since: rows, rollups_since: rollups, bytes, bytes_per_day: growth, full_in_days: full } = record;
  const parts = [
    rows === null ? say("record.empty") : say("record.rows", { since: clockOrDate(rows) }),
    rollups === null ? say("record.no_rollups") : say("record.rollups", { since: clockOrDate(rollups) }),
    bytes === null ? "" : say("record.size", { size: size(bytes) }),
    growth === null ? "" : say("record.growth", { size: size(growth) }),
    full === null || full > 30 ? "" : say("record.full", { days: wholeUnits(Math.max(1, Math.floor(full)) * 86_400) }),
    age < 1 ? "" : say("record.age", { age: duration(age) }),
  ];
  setText(byId("record-size"), parts.filter(Boolean).join(" · "));
  byId("record-size").dataset.level = full !== null && full < 7 ? "bad" : "quiet";
  setText(byId("since-note"), rollups !== null && rows !== null && rows < rollups - HOUR_S ? building(rollups) : "");
}

/** @param {number} since */
function building(since) {
  return now() > since ? say("record.building", { since: clockOrDate(since) }) : "";
}

/**
 * Return a size for people: "1.2 GB".
 *
 * @param {number} bytes
 */
export function size(bytes) {
  const step = Math.min(Math.max(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 0), UNITS.length - 1);
  const format = { style: "unit", unit: UNITS[step], unitDisplay: "short", maximumSignificantDigits: 3 };
  return new Intl.NumberFormat(LANGUAGE, /** @type {Intl.NumberFormatOptions} */ (format)).format(
    bytes / 1000 ** step,
  );
}
