/** The tables of endpoints and of server processes. */

import { byId, element, onlyChild, setData, setText, setTime } from "./dom.js";
import { count, duration, milliseconds, none, rate, wholeDuration } from "./format.js";
import { swatch } from "./legend.js";
import { slotOf } from "./palette.js";
import { drawRows, numberColumn, textColumn } from "./rows.js";
import { say } from "./words.js";

const endpointColumns = [
  { className: "endpoint", fill: fillEndpoint },
  numberColumn(({ open }) => count(open)),
  numberColumn(({ opened }) => count(opened)),
  numberColumn(({ closed }) => count(closed)),
  numberColumn(({ refused }) => count(refused)),
  numberColumn(({ connects_s: n }) => rate(n)),
  numberColumn(({ closes_s: n }) => rate(n)),
  numberColumn(({ messages_in: n }) => count(n)),
  numberColumn(({ messages_out: n }) => count(n)),
  numberColumn(({ rtt_ms: ms }) => milliseconds(ms)),
];

/** @param {object} snapshot */
export function drawEndpoints({ endpoints }) {
  drawRows(byId("endpoints-table"), endpoints, ({ endpoint }) => endpoint, endpointColumns);
}

/** @param {object} snapshot */
export function drawProcesses({ processes, at }) {
  const age = (epoch) => (epoch === null ? none() : wholeDuration(at - epoch));
  const columns = [
    textColumn(({ host, pid }) => `${host}:${pid}`),
    { className: "process-state", fill: fillState },
    textColumn(({ server }) => server || none()),
    textColumn(({ release }) => release || none()),
    { className: "number", fill: (cell, { started }) => fillAge(cell, started, age(started)) },
    numberColumn(({ open }) => count(open)),
    numberColumn(({ spool }) => count(spool)),
    { className: "number dropped", fill: fillDropped },
    { className: "number", fill: (cell, { last_write: t }) => fillAge(cell, t, age(t)) },
    { className: "number", fill: (cell, { heard }) => fillAge(cell, heard, age(heard)) },
  ];
  drawRows(byId("processes-table"), processes, ({ id }) => id, columns);
}

function fillEndpoint(cell, { endpoint }) {
  const label = onlyChild(cell, () => element("span", "cause", swatch(), element("span")));
  setData(label.children[0], "slot", slotOf(endpoint));
  setText(label.children[1], endpoint);
}

function fillState(cell, { state }) {
  const label = onlyChild(cell, () => element("span", "state"));
  setData(label, "state", state);
  setText(label, say(`state.${state}`));
}

function fillDropped(cell, { dropped }) {
  setText(cell, count(dropped));
  setData(cell, "level", dropped ? "bad" : "quiet");
}

/** How long ago, with the moment itself on hover. */
function fillAge(cell, epoch, text) {
  if (epoch === null) return setText(cell, text);
  if (!cell.firstElementChild) cell.replaceChildren(element("time"));
  setTime(cell.firstElementChild, epoch, text);
}
