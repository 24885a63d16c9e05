/** Chart.js plugin: a vertical line where a server process started, stopped or was lost. */

const DASHES = { start: [], stop: [4, 3], lost: [1.5, 2.5] };
const GLYPHS = { start: "▲", stop: "▼", lost: "✕" };
const GAP_PX = 2;

/**
 * @param {() => {at: number, kind: string}[]} getMarks
 * @param {() => {quiet: string, bad: string}} getPalette
 */
export function marksPlugin(getMarks, getPalette) {
  return {
    id: "marks",
    afterDatasetsDraw(chart) {
      const { left, right } = chart.chartArea;
      for (const mark of getMarks()) {
        const x = Math.round(chart.scales.x.getPixelForValue(mark.at)) + 0.5;
        if (x >= left && x <= right) drawMark(chart, x, mark.kind, getPalette());
      }
    },
  };
}

function drawMark({ ctx, chartArea }, x, kind, palette) {
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = kind === "lost" ? palette.bad : palette.quiet;
  ctx.setLineDash(DASHES[kind] ?? []);
  ctx.globalAlpha = 0.75;
  ctx.beginPath();
  ctx.moveTo(x, chartArea.top);
  ctx.lineTo(x, chartArea.bottom);
  ctx.stroke();
  ctx.font = "10px sans-serif";
  // An end to the left of its line, a start to the right: a restart's two signs stand beside each other.
  ctx.textAlign = kind === "start" ? "left" : "right";
  ctx.textBaseline = "bottom";
  ctx.fillText(GLYPHS[kind] ?? "", x + (kind === "start" ? GAP_PX : -GAP_PX), chartArea.top - 1);
  ctx.restore();
}
