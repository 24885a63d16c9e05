/** Options that both charts share, so that their time axes lie exactly under each other. */

import { timeLabel, timeTicks } from "./axis.js";
import { count } from "./format.js";

const LEFT_PX = 52;
const RIGHT_PX = 10;
const TOP_PX = 14;

/** @param {{title: Function, label: Function, colour: Function, footer: Function}} tooltip what to write in it */
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
    ticks: { maxRotation: 0, autoSkip: false, align: "center", callback: (value) => timeLabel(value) },
    afterBuildTicks(scale) {
      scale.ticks = timeTicks(scale.min, scale.max, scale.width || scale.maxWidth).map((value) => ({ value }));
    },
    afterFit: (scale) => Object.assign(scale, { paddingLeft: 0, paddingRight: 0 }),
  };
}

function countScale() {
  return {
    stacked: true,
    beginAtZero: true,
    suggestedMax: 4,
    border: { display: false },
    ticks: { precision: 0, maxTicksLimit: 5, callback: (value) => count(value) },
    afterFit: (scale) => Object.assign(scale, { width: LEFT_PX }),
  };
}

function tooltipOptions({ title, label, colour, footer }) {
  return {
    boxPadding: 4,
    filter: (item) => item.raw.y > 0,
    itemSort: (a, b) => b.raw.y - a.raw.y,
    callbacks: { title, label, labelColor: colour, footer },
  };
}

/** Put the theme's colours into a chart's options. */
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
