/** The table of closes by code and cause. Each row explains its cause and suggests what to check next. */

import { codeMeaning, isNamed } from "../../lifecycle/js/kit/close_codes.js";
import { childrenOf, make, setData, setShown, setText } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { causeOf } from "./causes.js";
import { codeText, fillCause, initiatorText } from "./cells.js";
import { fillLink } from "./explorer_links.js";
import { count, percent } from "./format.js";
import { sortedText } from "./rows.js";
import { SortedTable } from "./sorted_table.js";

/** @typedef {import("./contract.js").EndGroup} EndGroup */

/** @type {import("./rows.js").Column<EndGroup>[]} */
const COLUMNS = [
  { name: "code", className: "code", value: ({ code }) => code, fill: fillCode },
  { name: "cause", className: "verdict", value: ({ cause }) => causeOf(cause).label, fill: fillVerdict },
  sortedText("initiator", initiatorText, "initiator"),
  { name: "count", className: "number count", value: ({ count: n }) => n, fill: fillCount },
  { name: "share", className: "number share", value: ({ share }) => share, fill: fillShare },
  { className: "advice", fill: fillAdvice },
];

// The history is read every few seconds at most, and another range has another order.
const table = new SortedTable("closes-table", keyOf, COLUMNS, "count", 0);

/** The window whose ends the table shows, for links. */
let shown = { from: 0, to: 0 };

/** @param {import("./contract.js").HistoryAnswer} history */
export function drawCloses({ ends, from, to }) {
  shown = { from, to: Math.ceil(to) };
  table.draw(ends);
}

/** @param {EndGroup} end */
function keyOf({ state, code, refusal, cause, initiator }) {
  return `${state} ${code} ${refusal} ${cause} ${initiator}`;
}

/**
 * @param {HTMLElement} cell
 * @param {EndGroup} end
 */
function fillCode(cell, end) {
  if (!cell.firstElementChild) {
    cell.append(make("strong"), make("span", "code-name"));
  }
  const [code, name] = childrenOf(cell);
  setText(code, codeText(end));
  setText(name, end.code === null ? refusalText(end) : codeMeaning(end.code).name);
}

/**
 * Write the count as a link to the connections with this end in the window.
 *
 * @param {HTMLElement} cell
 * @param {EndGroup} end
 */
function fillCount(cell, { state, code, refusal, cause, count: n }) {
  const ended = { ended_since: shown.from, ended_until: shown.to };
  fillLink(cell, count(n), { state, cause, code: code ?? refusal ?? "none", ...ended });
}

/**
 * Return the close code with which the application refused, as text. It was never sent to the client.
 *
 * @param {EndGroup} end
 */
function refusalText({ refusal: code }) {
  return code ? say("closes.refusal", { code, name: codeMeaning(code).name }) : "";
}

/**
 * @param {HTMLElement} cell
 * @param {EndGroup} end
 */
function fillVerdict(cell, { cause, abnormal }) {
  if (!cell.firstElementChild) {
    cell.append(make("span"), make("span", "flag", say("closes.abnormal")));
  }
  const [label, flag] = childrenOf(cell);
  fillCause(label, cause);
  setShown(flag, abnormal);
}

/**
 * Write the meaning of the cause and what to check next. The meaning of the code is in a collapsed element.
 *
 * @param {HTMLElement} cell
 * @param {EndGroup} end
 */
function fillAdvice(cell, { cause, code }) {
  if (!cell.firstElementChild) {
    cell.append(make("p", "meaning"), make("p", "next"), ...codeDetails(code));
  }
  const { meaning, next } = causeOf(cause);
  const [meaningLine, nextLine] = childrenOf(cell);
  setText(meaningLine, meaning);
  setText(nextLine, next && say("closes.next", { next }));
}

/** @param {number|null} code */
function codeDetails(code) {
  if (code === null || !isNamed(code)) {
    return [];
  }
  const { meaning, next } = codeMeaning(code);
  const summary = make("summary", "", say("closes.about", { code }));
  const lines = [meaning, say("closes.next", { next })].map((line) => make("p", "", line));
  return [make("details", "story", summary, ...lines)];
}

/**
 * @param {HTMLElement} cell
 * @param {EndGroup} end
 */
function fillShare(cell, { share, cause, abnormal }) {
  if (!cell.firstElementChild) {
    cell.append(make("span", "percent"), make("span", "bar", make("span", "bar-fill")));
  }
  const [number, bar] = childrenOf(cell);
  setText(number, percent(share));
  const [fill] = childrenOf(bar);
  setData(fill, "cause", cause);
  setData(fill, "abnormal", abnormal);
  fill.style.setProperty("--share", String(share));
}
