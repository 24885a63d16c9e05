/** The charts as tables: the same numbers, grouped into a few rows, newest first. */

import { make, onlyChild, setText, setTime } from "../../lifecycle/js/kit/dom.js";
import { wholeUnits } from "../../lifecycle/js/kit/durations.js";
import { drawList } from "../../lifecycle/js/kit/list.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { period } from "../../lifecycle/js/kit/times.js";
import { count, known } from "./format.js";
import { stepOf, stepsOf } from "./steps.js";
import { last, sum } from "./sums.js";

/** @typedef {import("./series.js").Series} Series */
/** @typedef {import("./steps.js").Step} Step */
/** @typedef {import("./timeline.js").View} View */

/**
 * Draw the number of open connections at the end of each step.
 *
 * @param {HTMLTableElement} table
 * @param {View} view
 * @param {Series[]} series
 */
export function drawOpenTable(table, view, series) {
  const step = stepOf(view);
  const caption = say("chart.open.rows", { step: wholeUnits(step) });
  drawTable(table, caption, series, withPrevious(view, series, step, last, view.previous?.open));
}

/**
 * Draw the number of closes in each step.
 *
 * @param {HTMLTableElement} table
 * @param {View} view
 * @param {Series[]} series
 */
export function drawClosesTable(table, view, series) {
  const step = stepOf(view);
  const caption = say("chart.closes.rows", { step: wholeUnits(step) });
  drawTable(table, caption, series, withPrevious(view, series, step, sum, view.previous?.closes));
}

/**
 * Return the steps of a table. If the previous window is shown, its number comes after the total.
 *
 * @param {View} view
 * @param {Series[]} series
 * @param {number} step in seconds
 * @param {(values: import("./sums.js").Values) => number|null} combine
 * @param {number[]} [previous]
 */
function withPrevious(view, series, step, combine, previous) {
  const steps = stepsOf(view.times, series, step, combine);
  if (!previous) {
    return steps;
  }
  const before = stepsOf(view.times, [{ name: "", label: "", values: previous }], step, combine);
  return steps.map((row, i) => ({ ...row, numbers: [...row.numbers, before[i].numbers[0]] }));
}

/**
 * @param {HTMLTableElement} table
 * @param {string} caption
 * @param {Series[]} series
 * @param {Step[]} steps
 */
function drawTable(table, caption, series, steps) {
  const hasPrevious = (steps[0]?.numbers.length ?? 0) > series.length + 1;
  const totals = hasPrevious ? [say("chart.total"), say("chart.previous")] : [say("chart.total")];
  const labels = [say("chart.time"), ...series.map(({ label }) => label), ...totals];
  setText(table.createCaption(), caption);
  const head = onlyChild(table.createTHead(), () => make("tr"));
  const body = table.tBodies[0] ?? table.createTBody();
  drawList(head, labels, { key: (label) => label, make: newHeader, fill: setText });
  drawList(body, steps, { key: ({ from }) => String(from), make: newRow, fill: fillRow });
}

function newHeader() {
  const cell = make("th");
  cell.scope = "col";
  return cell;
}

function newRow() {
  const header = make("th", "", make("time"));
  header.scope = "row";
  return make("tr", "", header);
}

/**
 * @param {HTMLTableRowElement} row
 * @param {Step} step
 */
function fillRow(row, { from, to, numbers }) {
  setTime(onlyChild(row.cells[0], () => make("time")), from, period(from, to));
  while (row.cells.length > numbers.length + 1) {
    row.deleteCell(-1);
  }
  while (row.cells.length < numbers.length + 1) {
    row.append(make("td", "number"));
  }
  numbers.forEach((number, i) => setText(row.cells[i + 1], known(number, count)));
}
