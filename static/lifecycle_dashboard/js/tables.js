/** The tables of endpoints and of server processes. */

import { childrenOf, make, onlyChild, setData, setText, setTime } from "../../lifecycle/js/kit/dom.js";
import { age, milliseconds } from "../../lifecycle/js/kit/durations.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { fillLink } from "./explorer_links.js";
import { count, none, rate } from "./format.js";
import { swatch } from "./legend.js";
import { sortedNumber, sortedText } from "./rows.js";
import { slotOf } from "./slots.js";
import { SortedTable } from "./sorted_table.js";

/** @typedef {import("./contract.js").Picture} Picture */
/** @typedef {import("./contract.js").EndpointRow} EndpointRow */
/** @typedef {import("./contract.js").ProcessRow & {now: number}} ProcessRow `now` is the time of the picture */

/** The states of processes in the order in which they need attention. */
const STATES = ["silent", "gone", "live"];

/** @type {import("./rows.js").Column<EndpointRow>[]} */
const ENDPOINT_COLUMNS = [
  { name: "endpoint", className: "endpoint", value: ({ endpoint }) => endpoint, fill: fillEndpoint },
  sortedNumber("open", ({ open }) => open, count),
  sortedNumber("opened", ({ opened }) => opened, count),
  sortedNumber("closed", ({ closed }) => closed, count),
  sortedNumber("refused", ({ refused }) => refused, count),
  sortedNumber("connects_s", ({ connects_s: n }) => n, rate),
  sortedNumber("closes_s", ({ closes_s: n }) => n, rate),
  sortedNumber("messages_in", ({ messages_in: n }) => n, count),
  sortedNumber("messages_out", ({ messages_out: n }) => n, count),
  sortedNumber("rtt_ms", ({ rtt_ms: ms }) => ms, milliseconds),
];

/** @type {import("./rows.js").Column<ProcessRow>[]} */
const PROCESS_COLUMNS = [
  { name: "process", value: ({ host, pid }) => `${host}:${pid}`, fill: fillProcess },
  { name: "state", className: "process-state", value: ({ state }) => STATES.indexOf(state), fill: fillState },
  sortedNumber("open", ({ open }) => open, count),
  sortedNumber("spool", ({ spool }) => spool, count),
  { name: "dropped", className: "number dropped", value: ({ dropped }) => dropped, fill: fillDropped },
  ageColumn("last_write", ({ last_write: moment }) => moment),
  ageColumn("heard", ({ heard }) => heard),
  ageColumn("started", ({ started }) => started),
  sortedText("server", ({ server }) => server || none()),
  sortedText("release", ({ release }) => release || none()),
];

const endpointTable = new SortedTable("endpoints-table", ({ endpoint }) => endpoint, ENDPOINT_COLUMNS, "open");
const processTable = new SortedTable("processes-table", ({ id }) => id, PROCESS_COLUMNS, "open");

/** @param {Picture} picture */
export function drawEndpoints({ endpoints }) {
  endpointTable.draw(endpoints);
}

/** @param {Picture} picture */
export function drawProcesses({ processes, at }) {
  processTable.draw(processes.map((row) => ({ ...row, now: at })));
}

/**
 * Return a column with the age of a time, which is sorted by age.
 *
 * @param {string} name
 * @param {(row: ProcessRow) => number|null} moment Unix time in seconds
 * @returns {import("./rows.js").Column<ProcessRow>}
 */
function ageColumn(name, moment) {
  const value = (/** @type {ProcessRow} */ row) => {
    const at = moment(row);
    return at === null ? null : row.now - at;
  };
  return { name, className: "number", value, fill: (cell, row) => fillAge(cell, moment(row), row.now) };
}

/**
 * @param {HTMLElement} cell
 * @param {EndpointRow} row
 */
function fillEndpoint(cell, { endpoint }) {
  const [patch, name] = childrenOf(onlyChild(cell, () => make("span", "cause", swatch(), make("span"))));
  setData(patch, "slot", slotOf(endpoint));
  fillLink(name, endpoint, { endpoint });
}

/**
 * @param {HTMLElement} cell
 * @param {ProcessRow} row
 */
function fillProcess(cell, { id, host, pid }) {
  fillLink(cell, `${host}:${pid}`, { process: id });
}

/**
 * @param {HTMLElement} cell
 * @param {ProcessRow} row
 */
function fillState(cell, { state }) {
  const label = onlyChild(cell, () => make("span", "state"));
  setData(label, "state", state);
  setText(label, say(`state.${state}`));
}

/**
 * @param {HTMLElement} cell
 * @param {ProcessRow} row
 */
function fillDropped(cell, { dropped }) {
  setText(cell, count(dropped));
  setData(cell, "level", dropped ? "bad" : "quiet");
}

/**
 * Write how long ago a time was, with the time itself in the tooltip.
 *
 * @param {HTMLElement} cell
 * @param {number|null} moment Unix time in seconds
 * @param {number} now
 */
function fillAge(cell, moment, now) {
  if (moment === null) {
    setText(cell, none());
    return;
  }
  if (!cell.firstElementChild) {
    cell.replaceChildren(); // remove the text for a missing value
  }
  setTime(onlyChild(cell, () => make("time")), moment, age(now - moment));
}
