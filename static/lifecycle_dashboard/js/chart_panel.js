/** The panel of charts: both charts with their legends and tables. */

import { byId, setShown, setText } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { clockOrDate } from "../../lifecycle/js/kit/times.js";
import { drawClosesTable, drawOpenTable } from "./chart_table.js";
import { Charts } from "./charts.js";
import { count } from "./format.js";
import { drawClosesLegend, drawOpenLegend } from "./legend.js";
import { drawMarks } from "./marks.js";
import { assignColours, closesSeries, openSeries } from "./series.js";

/** @typedef {import("./series.js").Series} Series */
/** @typedef {import("./timeline.js").View} View */

export class ChartPanel {
  #charts;
  #openDetails = byId("open-as-table", HTMLDetailsElement);
  #closesDetails = byId("closes-as-table", HTMLDetailsElement);

  /**
   * @param {() => void} onToggle called when a table is shown or hidden; hidden tables are not drawn
   * @param {(from: number, to: number) => void} onWindow called when a window is selected on a chart
   */
  constructor(onToggle, onWindow) {
    const [open, closes] = ["chart-open", "chart-closes"].map((id) => byId(id, HTMLCanvasElement));
    this.#charts = new Charts(open, closes, onWindow);
    for (const details of [this.#openDetails, this.#closesDetails]) {
      details.addEventListener("toggle", onToggle);
    }
  }

  /**
   * @param {View} view
   * @param {boolean} recolour whether the largest endpoints get the colours, because the history was read
   */
  draw(view, recolour) {
    if (recolour) {
      assignColours(view.open);
    }
    const open = openSeries(view.open);
    const closes = closesSeries(view.closes);
    this.#charts.draw(view, open, closes);
    drawOpenLegend(byId("open-legend"), open);
    drawClosesLegend(byId("closes-legend"), closes, view);
    drawEmpty("open-empty", "chart.open.empty", open.length === 0);
    drawEmpty("closes-empty", "chart.closes.empty", closes.length === 0);
    drawPeak(view);
    this.#drawTables(view, open, closes);
  }

  /** Redraw the charts with the colours of the current theme. */
  repaint() {
    this.#charts.repaint();
  }

  /**
   * @param {View} view
   * @param {Series[]} open
   * @param {Series[]} closes
   */
  #drawTables(view, open, closes) {
    if (this.#openDetails.open) {
      drawOpenTable(tableIn(this.#openDetails), view, open);
      drawMarks(byId("marks-list"), view.marks);
    }
    if (this.#closesDetails.open) {
      drawClosesTable(tableIn(this.#closesDetails), view, closes);
    }
  }
}

/** @param {View} view */
function drawPeak({ peak }) {
  setText(byId("open-peak"), peak ? say("chart.peak", { n: count(peak.open), time: clockOrDate(peak.at) }) : "");
}

/** @param {HTMLElement} parent */
function tableIn(parent) {
  return /** @type {HTMLTableElement} */ (parent.querySelector("table"));
}

/**
 * @param {string} id
 * @param {string} key
 * @param {boolean} empty
 */
function drawEmpty(id, key, empty) {
  setText(byId(id), say(key));
  setShown(byId(id), empty);
}
