/** Chart.js plugin: the moment under the pointer as a line through every chart that shares the plugin. */

/** @param {() => {quiet: string}} getPalette */
export function crosshairPlugin(getPalette) {
  const charts = new Set();
  let moment = null;
  return {
    id: "crosshair",
    afterInit: (chart) => charts.add(chart),
    afterEvent(chart, { event, inChartArea }) {
      const next = inChartArea && event.type !== "mouseout" ? chart.scales.x.getValueForPixel(event.x) : null;
      if (next === moment) return;
      moment = next;
      for (const other of charts) other.draw();
    },
    afterDatasetsDraw({ ctx, scales, chartArea }) {
      if (moment === null) return;
      const x = Math.round(scales.x.getPixelForValue(moment)) + 0.5;
      if (x < chartArea.left || x > chartArea.right) return;
      ctx.save();
      ctx.strokeStyle = getPalette().quiet;
      ctx.globalAlpha = 0.5;
      ctx.beginPath();
      ctx.moveTo(x, chartArea.top);
      ctx.lineTo(x, chartArea.bottom);
      ctx.stroke();
      ctx.restore();
    },
  };
}
