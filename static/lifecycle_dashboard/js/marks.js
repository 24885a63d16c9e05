/** Starts and ends of server processes, as lines in the charts and as a list. */

import { make, onlyChild, setText, setTime } from "../../lifecycle/js/kit/dom.js";
import { drawList } from "../../lifecycle/js/kit/list.js";
import { say } from "../../lifecycle/js/kit/texts.js";
import { clock } from "../../lifecycle/js/kit/times.js";

/** @typedef {import("./contract.js").ProcessMark} ProcessMark */
/** @typedef {import("./palette.js").Palette} Palette */

const DASHES = { start: [], stop: [4, 3], lost: [1.5, 2.5] };
const GLYPHS = { start: "▲", stop: "▼", lost: "✕" };
const GAP_PX = 2;
const MAX_MARKS = 24;

/**
 * Return the text of a mark: "web1:4242 started, release 2025.11".
 *
 * @param {ProcessMark} mark
 */
export function markText({ kind, process, release }) {
  const event = say(`mark.${kind}`, { process });
  return release ? `${event}, ${say("mark.release", { release })}` : event;
}

/**
 * List the marks, newest first.
 *
 * @param {HTMLElement} list
 * @param {ProcessMark[]} marks
 */
export function drawMarks(list, marks) {
  const newest = [...marks].sort((a, b) => b.at - a.at).slice(0, MAX_MARKS);
  drawList(list, newest.length ? newest : [null], {
    key: (mark) => (mark ? `${mark.at} ${mark.kind} ${mark.process}` : "none"),
    make: () => make("li"),
    fill: fillMark,
  });
}

/**
 * @param {HTMLElement} node
 * @param {ProcessMark|null} mark null if there are no marks
 */
function fillMark(node, mark) {
  if (!mark) {
    setText(node, say("chart.marks.empty"));
    return;
  }
  setTime(onlyChild(node, () => make("time")), mark.at, clock(mark.at));
  if (node.childNodes.length === 1) {
    node.append(` ${markText(mark)}`);
  }
}

/**
 * Return a Chart.js plugin that draws a vertical line for each mark.
 *
 * @param {() => ProcessMark[]} getMarks
 * @param {() => Palette} getPalette
 * @returns {ChartPlugin}
 */
export function marksPlugin(getMarks, getPalette) {
  return {
    id: "marks",
    afterDatasetsDraw(chart) {
      const { left, right } = chart.chartArea;
      for (const mark of getMarks()) {
        const x = Math.round(chart.scales.x.getPixelForValue(mark.at)) + 0.5;
        if (x >= left && x <= right) {
          drawMark(chart, x, mark.kind, getPalette());
        }
      }
    },
  };
}

/**
 * @param {Chart} chart
 * @param {number} x
 * @param {ProcessMark["kind"]} kind
 * @param {Palette} palette
 */
function drawMark({ ctx, chartArea }, x, kind, palette) {
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = kind === "lost" ? palette.bad : palette.quiet;
  ctx.setLineDash(DASHES[kind]);
  ctx.globalAlpha = 0.75;
  ctx.beginPath();
  ctx.moveTo(x, chartArea.top);
  ctx.lineTo(x, chartArea.bottom);
  ctx.stroke();
  ctx.font = "10px sans-serif";
  // The glyph of an end is left of its line and that of a start is right of it, so a restart shows both.
  ctx.textAlign = kind === "start" ? "left" : "right";
  ctx.textBaseline = "bottom";
  ctx.fillText(GLYPHS[kind], x + (kind === "start" ? GAP_PX : -GAP_PX), chartArea.top - 1);
  ctx.restore();
}
