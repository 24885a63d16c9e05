/** The charts as tables: the same numbers, in a few rows, newest first. */

import { drawList, element, onlyChild, setText, setTime } from "./dom.js";
import { clock, count, duration, span } from "./format.js";
import { markText } from "./charts.js";
import { sum } from "./timeline.js";
import { say } from "./words.js";

const STEPS_S = [60, 300, 900, 1800, 3600, 7200, 86400];
const MOST_ROWS = 24;
const MOST_MARKS = 24;

/** How a step of several buckets is one number: the last known, or the sum. */
const last = (values) => values.findLast((value) => value !== null) ?? null;

/** A table of open connections: the count at the end of each step. */
export const drawOpenTable = (table, view, series) => drawTable(table, view, series, last, "chart.open.rows");

/** A table of closes: the sum of each step. */
export const drawClosesTable = (table, view, series) => drawTable(table, view, series, sum, "chart.closes.rows");

function drawTable(table, view, series, combine, caption) {
  const step = STEPS_S.find((s) => s >= view.bucket && (view.to - view.from) / s <= MOST_ROWS) ?? STEPS_S.at(-1);
  const labels = [say("chart.time"), ...series.map(({ label }) => label), say("chart.total")];
  if (!table.caption) table.append(element("caption"), element("thead", "", element("tr")), element("tbody"));
  setText(table.caption, say(caption, { step: duration(step) }));
  drawList(table.tHead.rows[0], labels, (label) => label, headCell, setText);
  drawList(table.tBodies[0], rowsOf(view, series, step, combine), ({ from }) => String(from), newRow, fillRow);
}

function headCell() {
  const cell = element("th");
  cell.scope = "col";
  return cell;
}

function newRow() {
  const head = element("th", "", element("time"));
  head.scope = "row";
  return element("tr", "", head);
}

function fillRow(row, { from, to, numbers }) {
  setTime(row.cells[0].firstElementChild, from, span(from, to));
  while (row.cells.length > numbers.length + 1) row.lastElementChild.remove();
  while (row.cells.length < numbers.length + 1) row.append(element("td", "number"));
  numbers.forEach((number, i) => setText(row.cells[i + 1], count(number)));
}

/** Group the buckets by step; only steps that have a bucket. */
function rowsOf({ times }, series, step, combine) {
  const groups = new Map();
  times.forEach((t, i) => {
    const from = Math.floor(t / step) * step;
    groups.set(from, [...(groups.get(from) ?? []), i]);
  });
  const rows = [...groups].map(([from, indexes]) => {
    const numbers = series.map(({ values }) => combine(indexes.map((i) => values[i])));
    const total = numbers.every((number) => number === null) ? null : sum(numbers);
    return { from, to: from + step, numbers: [...numbers, total] };
  });
  return rows.reverse();
}

/** Process starts and stops as a list, newest first. */
export function drawMarks(list, marks) {
  const newest = [...marks].sort((a, b) => b.at - a.at).slice(0, MOST_MARKS);
  const items = newest.length ? newest : [null];
  const keyOf = (mark) => (mark ? `${mark.at} ${mark.kind} ${mark.process}` : "none");
  drawList(list, items, keyOf, () => element("li"), (node, mark) => {
    if (!mark) return setText(node, say("chart.marks.empty"));
    setTime(onlyChild(node, () => element("time")), mark.at, clock(mark.at));
    if (node.childNodes.length === 1) node.append(` ${markText(mark)}`);
  });
}
