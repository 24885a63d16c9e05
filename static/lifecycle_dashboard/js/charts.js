/** The two charts: open connections by endpoint, and closes by cause. */

import { say } from "../../lifecycle/js/kit/texts.js";
import { clock, period } from "../../lifecycle/js/kit/times.js";
import { causeOf } from "./causes.js";
import { paint, sharedOptions } from "./chart_options.js";
import { crosshairPlugin } from "./crosshair.js";
import { explorerAddress } from "./explorer_links.js";
import { count } from "./format.js";
import { marksPlugin, markText } from "./marks.js";
import { Palette } from "./palette.js";
import { Selection } from "./selection.js";

const MIN_BAR_PX = 2;

/** @typedef {import("./series.js").Series} Series */
/** @typedef {import("./timeline.js").View} View */

export class Charts {
  #palette = new Palette();
  /** @type {View|null} */
  #view = null;
  /** @type {{open: Series[], closes: Series[]}} */
  #series = { open: [], closes: [] };
  #open;
  #closes;

  /**
   * @param {HTMLCanvasElement} open
   * @param {HTMLCanvasElement} closes
   * @param {(from: number, to: number) => void} onWindow called when a window is selected
   */
  constructor(open, closes, onWindow) {
    const palette = () => this.#palette;
    const selection = new Selection(() => this.#view, palette, onWindow, (event, chart) => this.#follow(event, chart));
    const marks = marksPlugin(() => this.#view?.marks ?? [], palette);
    const plugins = [marks, crosshairPlugin(palette), selection.plugin()];
    this.#open = this.#make(open, "line", plugins);
    this.#closes = this.#make(closes, "bar", plugins);
    selection.listen(open, this.#open);
    selection.listen(closes, this.#closes);
  }

  /**
   * @param {View} view
   * @param {Series[]} open
   * @param {Series[]} closes
   */
  draw(view, open, closes) {
    this.#view = view;
    this.#series = { open, closes };
    const ends = view.times.map((t) => t + view.bucket);
    const middles = view.times.map((t) => t + view.bucket / 2);
    const areas = open.map((layer, i) => area(layer, ends, i, this.#palette));
    const stacks = closes.map((layer) => bars(layer, middles, this.#palette));
    const { previous } = view;
    update(this.#open, view, previous ? [...areas, before(previous.open, ends, this.#palette)] : areas);
    update(this.#closes, view, previous ? [...stacks, before(previous.closes, middles, this.#palette)] : stacks);
  }

  /** Redraw with the colours of the current theme. */
  repaint() {
    this.#palette = new Palette();
    for (const chart of [this.#open, this.#closes]) {
      paint(chart, this.#palette);
    }
    if (this.#view) {
      this.draw(this.#view, this.#series.open, this.#series.closes);
    }
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {"line"|"bar"} type
   * @param {ChartPlugin[]} plugins
   */
  #make(canvas, type, plugins) {
    const options = sharedOptions({
      title: ([item]) => (item ? this.#bucketTitle(item.dataIndex) : ""),
      label: ({ dataset, raw }) => ` ${dataset.label}: ${count(raw.y)}`,
      colour: ({ dataset: { tint } }) => ({ backgroundColor: tint, borderColor: tint, borderRadius: 2 }),
      footer: ([item]) => (item ? this.#marksIn(item.dataIndex) : []),
    });
    const chart = new Chart(canvas, { type, data: { datasets: [] }, options, plugins });
    paint(chart, this.#palette);
    return chart;
  }

  /**
   * Open the connections behind the bar that was clicked.
   *
   * @param {PointerEvent} event
   * @param {Chart} chart
   */
  #follow(event, chart) {
    const [item] = chart.getElementsAtEventForMode(event, "nearest", { intersect: true }, false);
    const series = item && chart === this.#closes ? this.#series.closes[item.datasetIndex] : null;
    if (series) {
      const [from, to] = this.#bucket(item.index);
      const filters = { cause: series.name, state: "closed", ended_since: from, ended_until: to };
      location.assign(explorerAddress(filters));
    }
  }

  /** @param {number} index */
  #bucketTitle(index) {
    const [from, to] = this.#bucket(index);
    return period(from, to);
  }

  /** @param {number} index */
  #marksIn(index) {
    const [from, to] = this.#bucket(index);
    const inside = (this.#view?.marks ?? []).filter(({ at }) => at >= from && at < to);
    return inside.map((mark) => `${clock(mark.at)} ${markText(mark)}`);
  }

  /** @param {number} index */
  #bucket(index) {
    const { times = [], bucket = 0 } = this.#view ?? {};
    return [times[index], times[index] + bucket];
  }
}

/**
 * @param {Chart} chart
 * @param {View} view
 * @param {ChartDataset[]} datasets
 */
function update(chart, view, datasets) {
  chart.options.scales.x.min = view.from;
  chart.options.scales.x.max = view.to;
  chart.data.datasets = datasets;
  chart.update("none");
}

/**
 * Return a layer of the chart of open connections.
 *
 * @param {Series} series
 * @param {number[]} xs
 * @param {number} index position of the layer; layer 0 is filled down to the axis, others down to the layer below
 * @param {Palette} palette
 * @returns {ChartDataset}
 */
function area({ label, slot = "", values }, xs, index, palette) {
  const tint = palette.series(slot);
  const data = xs.map((x, i) => ({ x, y: values[i] }));
  const look = { borderColor: tint, backgroundColor: palette.seriesFill(slot), borderWidth: 1.5 };
  const points = { pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 3, pointBackgroundColor: tint };
  return { label, tint, data, fill: index === 0 ? "origin" : "-1", ...look, ...points };
}

/**
 * Return the line of the previous window, which is drawn at the times of this window.
 *
 * @param {number[]} values
 * @param {number[]} xs
 * @param {Palette} palette
 * @returns {ChartDataset}
 */
function before(values, xs, palette) {
  const data = xs.map((x, i) => ({ x, y: values[i] }));
  const look = { borderColor: palette.text, borderWidth: 1.5, borderDash: [5, 4], fill: false, order: -1 };
  const points = { pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 3 };
  return { label: say("chart.previous"), tint: palette.text, data, type: "line", stack: "previous", ...look, ...points };
}

/**
 * Return a layer of the chart of closes.
 *
 * @param {Series} series
 * @param {number[]} xs
 * @param {Palette} palette
 * @returns {ChartDataset}
 */
function bars({ name, label, values }, xs, palette) {
  const data = xs.map((x, i) => ({ x, y: values[i] || null }));
  // One abnormal close among hundreds must still be visible.
  const minBarLength = causeOf(name).abnormal ? MIN_BAR_PX : 0;
  const look = { backgroundColor: palette.causeFill(name), barPercentage: 1, categoryPercentage: 0.86 };
  return { label, tint: palette.cause(name), data, minBarLength, grouped: true, stack: "closes", ...look };
}
