/** The Chart.js options of both charts. They are shared so that the time axes are aligned. */

import { timeLabel, timeTicks } from "./axis.js";
import { count } from "./format.js";

const LEFT_PX = 52;
const RIGHT_PX = 10;
const TOP_PX = 14;

/**
 * @typedef {object} Tooltip functions that return the contents of a tooltip
 * @property {(items: ChartTooltipItem[]) => string} title
 * @property {(item: ChartTooltipItem) => string} label
 * @property {(item: ChartTooltipItem) => object} colour
 * @property {(items: ChartTooltipItem[]) => string[]} footer
 */

/** @param {Tooltip} tooltip */
export function sharedOptions(tooltip) {
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    parsing: false,
    normalized: true,
    interaction: { mode: "index", intersect: false, axis: "x" },
    layout: { padding: { top: TOP_PX, right: RIGHT_PX } },
    scales: { x: timeScale(), y: countScale() },
    plugins: { legend: { display: false }, tooltip: tooltipOptions(tooltip) },
  };
}

function timeScale() {
  return {
    type: "linear",
    offset: false,
    grid: { offset: false, drawTicks: true, tickLength: 4 },
    ticks: { maxRotation: 0, autoSkip: false, align: "center", callback: timeLabel },
    afterBuildTicks(/** @type {ChartScale} */ scale) {
      scale.ticks = timeTicks(scale.min, scale.max, scale.width || scale.maxWidth).map((value) => ({ value }));
    },
    afterFit: (/** @type {ChartScale} */ scale) => Object.assign(scale, { paddingLeft: 0, paddingRight: 0 }),
  };
}

function countScale() {
  return {
    stacked: true,
    beginAtZero: true,
    suggestedMax: 4,
    border: { display: false },
    ticks: { precision: 0, maxTicksLimit: 5, callback: count },
    afterFit: (/** @type {ChartScale} */ scale) => Object.assign(scale, { width: LEFT_PX }),
  };
}

/** @param {Tooltip} tooltip */
function tooltipOptions({ title, label, colour, footer }) {
  return {
    boxPadding: 4,
    filter: (/** @type {ChartTooltipItem} */ item) => item.raw.y > 0,
    itemSort: (/** @type {ChartTooltipItem} */ a, /** @type {ChartTooltipItem} */ b) => b.raw.y - a.raw.y,
    callbacks: { title, label, labelColor: colour, footer },
  };
}

/**
 * Set the colours of a chart's axes and tooltip.
 *
 * @param {Chart} chart
 * @param {import("./palette.js").Palette} palette
 */
export function paint(chart, palette) {
  const { x, y } = chart.options.scales;
  for (const scale of [x, y]) {
    scale.ticks.color = palette.quiet;
    scale.grid.color = palette.hairline;
  }
  x.border.color = palette.hairline;
  Object.assign(chart.options.font, { family: palette.font, size: 11 });
  Object.assign(chart.options.plugins.tooltip, {
    backgroundColor: palette.surface,
    titleColor: palette.text,
    bodyColor: palette.text,
    footerColor: palette.quiet,
    footerFont: { weight: "normal" },
    borderColor: palette.quiet,
    borderWidth: 1,
  });
}
