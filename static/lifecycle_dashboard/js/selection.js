/** Selects a window on a chart: by dragging, or with the keyboard. A Chart.js plugin draws the selection. */

import { byId, setText } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { span } from "../../lifecycle/js/kit/times.js";

/** A shorter drag is a click. */
const MIN_DRAG_PX = 6;

/** @typedef {{from: number, to: number}} Selected the selected time; `from` is where the selection began */

export class Selection {
  /** @type {Set<Chart>} */
  #charts = new Set();
  /** @type {Selected|null} */
  #selected = null;
  #dragging = false;
  #onWindow;
  #onClick;
  #getView;
  #getPalette;

  /**
   * @param {() => {from: number, to: number, bucket: number}|null} getView
   * @param {() => import("./palette.js").Palette} getPalette
   * @param {(from: number, to: number) => void} onWindow called with the selected window
   * @param {(event: PointerEvent, chart: Chart) => void} onClick called for a click without a drag
   */
  constructor(getView, getPalette, onWindow, onClick) {
    this.#onClick = onClick;
    this.#getView = getView;
    this.#getPalette = getPalette;
    this.#onWindow = onWindow;
  }

  /** @returns {ChartPlugin} */
  plugin() {
    return {
      id: "selection",
      afterInit: (chart) => void this.#charts.add(chart),
      afterDatasetsDraw: (chart) => this.#draw(chart),
    };
  }

  /**
   * Let a canvas select windows.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {Chart} chart
   */
  listen(canvas, chart) {
    canvas.tabIndex = 0;
    canvas.addEventListener("pointerdown", (event) => this.#begin(event, canvas, chart));
    canvas.addEventListener("pointermove", (event) => this.#move(event, chart));
    canvas.addEventListener("pointerup", (event) => this.#end(event, chart));
    canvas.addEventListener("pointercancel", () => this.#cancel());
    canvas.addEventListener("keydown", (event) => this.#onKey(event));
    canvas.addEventListener("blur", () => this.#cancel());
  }

  /**
   * @param {PointerEvent} event
   * @param {HTMLCanvasElement} canvas
   * @param {Chart} chart
   */
  #begin(event, canvas, chart) {
    if (event.button === 0 && event.pointerType !== "touch") {
      canvas.setPointerCapture(event.pointerId);
      const at = timeAt(event, chart);
      this.#dragging = true;
      this.#select({ from: at, to: at });
    }
  }

  /**
   * @param {PointerEvent} event
   * @param {Chart} chart
   */
  #move(event, chart) {
    if (this.#dragging && this.#selected) {
      this.#select({ from: this.#selected.from, to: timeAt(event, chart) });
    }
  }

  /**
   * @param {PointerEvent} event
   * @param {Chart} chart
   */
  #end(event, chart) {
    if (this.#dragging && this.#selected) {
      const { from } = this.#selected;
      const width = Math.abs(chart.scales.x.getPixelForValue(from) - event.offsetX);
      if (width >= MIN_DRAG_PX) {
        this.#onWindow(from, timeAt(event, chart));
      } else {
        this.#onClick(event, chart);
      }
    }
    this.#cancel();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    const view = this.#getView();
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (view && step) {
      this.#moveBy(step * view.bucket, event.shiftKey, view);
      event.preventDefault();
    } else if (event.key === "Enter" && this.#selected && this.#selected.from !== this.#selected.to) {
      const { from, to } = this.#selected;
      this.#cancel();
      this.#onWindow(from, to);
    } else if (event.key === "Escape") {
      this.#cancel();
    }
  }

  /**
   * Move the end of the selection; with the shift key, its beginning stays.
   *
   * @param {number} seconds
   * @param {boolean} extend
   * @param {{from: number, to: number, bucket: number}} view
   */
  #moveBy(seconds, extend, view) {
    const last = Math.floor(view.to / view.bucket) * view.bucket;
    const { from, to } = this.#selected ?? { from: last, to: last };
    const next = Math.min(Math.max(to + seconds, view.from), view.to);
    this.#select({ from: extend ? from : next, to: next });
  }

  #cancel() {
    this.#dragging = false;
    this.#select(null);
  }

  /** @param {Selected|null} selected */
  #select(selected) {
    if (selected || this.#selected) {
      this.#selected = selected;
      const [from, to] = selected ? [selected.from, selected.to].sort((a, b) => a - b) : [0, 0];
      setText(byId("selection"), selected ? say("window.selecting", { span: span(from, to) }) : "");
      this.#charts.forEach((chart) => chart.draw());
    }
  }

  /** @param {Chart} chart */
  #draw({ ctx, scales, chartArea }) {
    if (!this.#selected) {
      return;
    }
    const [a, b] = [this.#selected.from, this.#selected.to].map((at) => scales.x.getPixelForValue(at));
    const left = Math.max(Math.min(a, b), chartArea.left);
    const right = Math.min(Math.max(a, b), chartArea.right);
    ctx.save();
    ctx.fillStyle = this.#getPalette().quiet;
    ctx.globalAlpha = 0.25;
    ctx.fillRect(left, chartArea.top, Math.max(right - left, 1), chartArea.bottom - chartArea.top);
    ctx.restore();
  }
}

/**
 * @param {PointerEvent} event
 * @param {Chart} chart
 */
function timeAt(event, { scales, chartArea }) {
  return scales.x.getValueForPixel(Math.min(Math.max(event.offsetX, chartArea.left), chartArea.right));
}
