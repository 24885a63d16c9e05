/** The two charts: open connections by endpoint, closes by cause. They draw a View of timeline.js. */

import { paint, sharedOptions } from "./chart_options.js";
import { crosshairPlugin } from "./crosshair.js";
import { clock, count, span } from "./format.js";
import { marksPlugin } from "./marks.js";
import { readPalette } from "./palette.js";
import { causeOf, say } from "./words.js";

const { Chart } = globalThis;
const LEAST_BAR_PX = 2;

/**
 * @typedef {object} Series one layer of a chart
 * @property {string} name
 * @property {string} label
 * @property {string} [slot] of the palette, for an endpoint
 * @property {(number|null)[]} values
 */

/** What a mark says: "▲ 14:02:11 web1:4242 started, release 2025.11". */
export function markText({ kind, process, release }) {
  const what = say(`mark.${kind}`, { process });
  return release ? `${what}, ${say("mark.release", { release })}` : what;
}

export class Charts {
  #palette = readPalette();
  #view = null;
  #series = { open: [], closes: [] };
  #open; #closes;

  /** @param {HTMLCanvasElement} open @param {HTMLCanvasElement} closes */
  constructor(open, closes) {
    const palette = () => this.#palette;
    const plugins = [marksPlugin(() => this.#view?.marks ?? [], palette), crosshairPlugin(palette)];
    this.#open = this.#make(open, "line", plugins);
    this.#closes = this.#make(closes, "bar", plugins);
  }

  /** @param {import("./timeline.js").View} view @param {Series[]} open @param {Series[]} closes */
  draw(view, open, closes) {
    this.#view = view;
    this.#series = { open, closes };
    const ends = view.times.map((t) => t + view.bucket);
    const middles = view.times.map((t) => t + view.bucket / 2);
    this.#update(this.#open, open.map((one, i) => this.#area(one, ends, i)));
    this.#update(this.#closes, closes.map((one) => this.#bars(one, middles)));
  }

  /** Draw again in the colours of another theme. */
  repaint() {
    this.#palette = readPalette();
    for (const chart of [this.#open, this.#closes]) paint(chart, this.#palette);
    if (this.#view) this.draw(this.#view, this.#series.open, this.#series.closes);
  }

  #make(canvas, type, plugins) {
    const title = ([item]) => (item ? this.#bucketTitle(item.dataIndex) : "");
    const label = ({ dataset, raw }) => ` ${dataset.label}: ${count(raw.y)}`;
    const colour = ({ dataset }) => ({ backgroundColor: dataset.tint, borderColor: dataset.tint, borderRadius: 2 });
    const footer = ([item]) => (item ? this.#marksIn(item.dataIndex) : []);
    const options = sharedOptions({ title, label, colour, footer });
    const chart = new Chart(canvas, { type, data: { datasets: [] }, options, plugins });
    paint(chart, this.#palette);
    return chart;
  }

  #update(chart, datasets) {
    chart.options.scales.x.min = this.#view.from;
    chart.options.scales.x.max = this.#view.to;
    chart.data.datasets = datasets;
    chart.update("none");
  }

  #area({ label, slot, values }, xs, index) {
    const tint = this.#palette.series(slot);
    const look = { borderColor: tint, backgroundColor: this.#palette.seriesFill(slot), borderWidth: 1.5 };
    const points = { pointRadius: 0, pointHitRadius: 0, pointHoverRadius: 3, pointBackgroundColor: tint };
    const data = xs.map((x, i) => ({ x, y: values[i] }));
    return { label, tint, data, fill: index === 0 ? "origin" : "-1", ...look, ...points };
  }

  #bars({ name, label, values }, xs) {
    const tint = this.#palette.cause(name);
    const data = xs.map((x, i) => ({ x, y: values[i] || null }));
    // One abnormal close among hundreds must still be seen.
    const minBarLength = causeOf(name).abnormal ? LEAST_BAR_PX : 0;
    const look = { backgroundColor: this.#palette.causeFill(name), barPercentage: 1, categoryPercentage: 0.86 };
    return { label, tint, data, minBarLength, grouped: true, stack: "closes", ...look };
  }

  #bucketTitle(index) {
    const from = this.#view.times[index];
    return span(from, from + this.#view.bucket);
  }

  #marksIn(index) {
    const from = this.#view.times[index];
    const inside = this.#view.marks.filter(({ at }) => at >= from && at < from + this.#view.bucket);
    return inside.map((mark) => `${clock(mark.at)} ${markText(mark)}`);
  }
}
