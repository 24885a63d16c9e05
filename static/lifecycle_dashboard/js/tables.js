/** The tables of endpoints and of server processes. */

import { childrenOf, make, onlyChild, setData, setText, setTime } from "../../lifecycle/js/kit/dom.js";
import { age, milliseconds } from "../../lifecycle/js/kit/durations.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { count, known, none, rate } from "./format.js";
import { swatch } from "./legend.js";
import { drawRows, numberColumn, textColumn } from "./rows.js";
import { slotOf } from "./slots.js";

/** @typedef {import("./contract.js").Picture} Picture */
/** @typedef {import("./contract.js").EndpointRow} EndpointRow */
/** @typedef {import("./contract.js").ProcessRow} ProcessRow */

/** @type {import("./rows.js").Column<EndpointRow>[]} */
const ENDPOINT_COLUMNS = [
  { className: "endpoint", fill: fillEndpoint },
  numberColumn(({ open }) => count(open)),
  numberColumn(({ opened }) => count(opened)),
  numberColumn(({ closed }) => count(closed)),
  numberColumn(({ refused }) => count(refused)),
  numberColumn(({ connects_s: n }) => rate(n)),
  numberColumn(({ closes_s: n }) => rate(n)),
  numberColumn(({ messages_in: n }) => count(n)),
  numberColumn(({ messages_out: n }) => count(n)),
  numberColumn(({ rtt_ms: ms }) => known(ms, milliseconds)),
];

/** @param {Picture} picture */
export function drawEndpoints({ endpoints }) {
  drawRows("endpoints-table", endpoints, ({ endpoint }) => endpoint, ENDPOINT_COLUMNS);
}

/** @param {Picture} picture */
export function drawProcesses({ processes, at }) {
  drawRows("processes-table", processes, ({ id }) => id, processColumns(at));
}

/**
 * @param {number} now
 * @returns {import("./rows.js").Column<ProcessRow>[]}
 */
function processColumns(now) {
  return [
    textColumn(({ host, pid }) => `${host}:${pid}`),
    { className: "process-state", fill: fillState },
    textColumn(({ server }) => server || none()),
    textColumn(({ release }) => release || none()),
    { className: "number", fill: (cell, { started }) => fillAge(cell, started, now) },
    numberColumn(({ open }) => count(open)),
    numberColumn(({ spool }) => count(spool)),
    { className: "number dropped", fill: fillDropped },
    { className: "number", fill: (cell, { last_write: t }) => fillAge(cell, t, now) },
    { className: "number", fill: (cell, { heard }) => fillAge(cell, heard, now) },
  ];
}

/**
 * @param {HTMLElement} cell
 * @param {EndpointRow} row
 */
function fillEndpoint(cell, { endpoint }) {
  const [patch, name] = childrenOf(onlyChild(cell, () => make("span", "cause", swatch(), make("span"))));
  setData(patch, "slot", slotOf(endpoint));
  setText(name, endpoint);
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
