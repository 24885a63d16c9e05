/** The table of closes by code and cause, each with what it means and what to check next. */

import { codeText, fillCause, initiatorText } from "./cells.js";
import { byId, element, setData, setShown, setText } from "./dom.js";
import { count, percent } from "./format.js";
import { drawRows, textColumn } from "./rows.js";
import { causeOf, codeOf, say } from "./words.js";

const keyOf = ({ state, code, refusal, cause, initiator }) => `${state} ${code} ${refusal} ${cause} ${initiator}`;

const columns = [
  { className: "code", fill: fillCode },
  { className: "verdict", fill: fillVerdict },
  textColumn(initiatorText, "initiator"),
  textColumn(({ count: n }) => count(n), "number count"),
  { className: "number share", fill: fillShare },
  { className: "advice", fill: fillAdvice },
];

/** @param {object[]} ends of the history */
export function drawCloses(ends) {
  drawRows(byId("closes-table"), ends, keyOf, columns);
}

function fillCode(cell, end) {
  if (!cell.firstElementChild) cell.append(element("strong"), element("span", "code-name"));
  const [code, name] = cell.children;
  setText(code, codeText(end));
  setText(name, end.code === null ? refusal(end) : codeOf(end.code).name);
}

/** What the application said as it refused; the client never saw it. */
function refusal({ refusal: code }) {
  return code ? say("closes.refusal", { code, name: codeOf(code).name }) : "";
}

function fillVerdict(cell, { cause, abnormal }) {
  if (!cell.firstElementChild) cell.append(element("span"), element("span", "flag", say("closes.abnormal")));
  fillCause(cell.children[0], cause);
  setShown(cell.children[1], abnormal);
}

/** What it means and what to check; the code's own story is folded away, and stays open once opened. */
function fillAdvice(cell, { cause, code }) {
  const { meaning, next } = causeOf(cause);
  if (!cell.firstElementChild) cell.append(element("p", "meaning"), element("p", "next"), ...story(code));
  setText(cell.children[0], meaning);
  setText(cell.children[1], next && say("closes.next", { next }));
}

function story(code) {
  const { meaning, next } = code === null ? {} : codeOf(code);
  if (!meaning) return [];
  const summary = element("summary", "", say("closes.about", { code }));
  const lines = [meaning, next && say("closes.next", { next })].filter(Boolean);
  return [element("details", "story", summary, ...lines.map((line) => element("p", "", line)))];
}

function fillShare(cell, { share, cause, abnormal }) {
  if (!cell.firstElementChild) {
    cell.append(element("span", "percent"), element("span", "bar", element("span", "bar-fill")));
  }
  const [number, bar] = cell.children;
  setText(number, percent(share));
  const fill = bar.firstElementChild;
  setData(fill, "cause", cause);
  setData(fill, "abnormal", abnormal);
  fill.style.setProperty("--share", share);
}
