/** A Chart.js plugin that draws a vertical line at the pointer, at the same time in all charts that share it. */

/**
 * @param {() => import("./palette.js").Palette} getPalette
 * @returns {ChartPlugin}
 */
export function crosshairPlugin(getPalette) {
  /** @type {Set<Chart>} */
  const charts = new Set();
  /** @type {number|null} */
  let moment = null;
  return {
    id: "crosshair",
    afterInit: (chart) => void charts.add(chart),
    afterEvent(chart, { event, inChartArea }) {
      const next = inChartArea && event.type !== "mouseout" ? chart.scales.x.getValueForPixel(event.x) : null;
      if (next !== moment) {
        moment = next;
        charts.forEach((other) => other.draw());
      }
    },
    afterDatasetsDraw(chart) {
      if (moment !== null) {
        drawLine(chart, moment, getPalette().quiet);
      }
    },
  };
}

/**
 * @param {Chart} chart
 * @param {number} moment
 * @param {string} colour
 */
function drawLine({ ctx, scales, chartArea }, moment, colour) {
  const x = Math.round(scales.x.getPixelForValue(moment)) + 0.5;
  if (x < chartArea.left || x > chartArea.right) {
    return;
  }
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.5;
  ctx.beginPath();
  ctx.moveTo(x, chartArea.top);
  ctx.lineTo(x, chartArea.bottom);
  ctx.stroke();
  ctx.restore();
}
