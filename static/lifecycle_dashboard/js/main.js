/** The entry script of the dashboard: connects the feed and the history to the views. */

import { socketAddress } from "../../lifecycle/js/kit/address.js";
import { useCloseCodes } from "../../lifecycle/js/kit/close_codes.js";
import { byId, setText } from "../../lifecycle/js/kit/dom.js";
import { LANGUAGE, pageData } from "../../lifecycle/js/kit/page_data.js";
import { useTexts } from "../../lifecycle/js/kit/texts.js";
import { useCauses } from "./causes.js";
import { ChartPanel } from "./chart_panel.js";
import { isLive } from "./choice.js";
import { drawCloses } from "./closes.js";
import { drawDistributions } from "./distributions.js";
import { Ends } from "./ends.js";
import { Feed } from "./feed.js";
import { History } from "./history.js";
import { showHistoryFailure, showHistoryLoading, showHistoryRead } from "./history_state.js";
import { Ranges } from "./ranges.js";
import { drawRecordSize } from "./record_size.js";
import { drawEndpoints, drawProcesses } from "./tables.js";
import { watchTheme } from "./theme.js";
import { drawTiles } from "./tiles.js";
import { Timeline } from "./timeline.js";
import { drawFeedState, drawTrust } from "./trust.js";

/** @typedef {import("./contract.js").Picture} Picture */

const vocabulary = pageData("vocabulary");
useTexts(pageData("words"), LANGUAGE);
useCloseCodes(vocabulary);
useCauses(vocabulary.causes);

const { socketPath = "", historyUrl = "", connectionUrl = "" } = byId("live").dataset;
const timeline = new Timeline();
const ranges = new Ranges(onChoice);
const chartPanel = new ChartPanel(drawChartsSoon, (from, to) => ranges.chooseWindow(from, to));
const ends = new Ends(connectionUrl);
const history = new History(historyUrl, onHistory, showHistoryFailure);
const feed = new Feed(socketAddress(socketPath), onPicture, onFeedState);

/** @type {import("./choice.js").Choice|null} */
let choice = null;
/** @type {Picture|null} */
let latest = null;
let chartsDue = false;
let coloursDue = false;
let frame = 0;

/** @param {Picture} picture */
function onPicture(picture) {
  if (!latest || changes(picture) !== changes(latest)) {
    history.refreshSoon();
  }
  latest = picture;
  if (timeline.extend(picture.buckets) && isLiveNow()) {
    chartsDue = true;
  }
  requestDraw();
}

/**
 * Return a text that changes when the history must be requested again: when a process starts or stops and, in the
 * live range, when a connection ends.
 *
 * @param {Picture} picture
 */
function changes({ ends: [newest], processes }) {
  const states = processes.map(({ id, state }) => `${id} ${state}`);
  return [isLiveNow() ? newest?.id : "", ...states].join();
}

/**
 * @param {import("./feed.js").FeedState} state
 * @param {number} since
 */
function onFeedState(state, since) {
  drawFeedState(state, since);
  if (state === "lost") {
    timeline.interrupt();
  } else if (state === "live") {
    history.refreshSoon();
  }
}

/** Return whether the charts show the live range. */
function isLiveNow() {
  return choice !== null && isLive(choice);
}

/** @param {import("./contract.js").HistoryAnswer} answer */
function onHistory(answer) {
  timeline.load(answer);
  showHistoryRead();
  drawCloses(answer);
  drawDistributions(answer);
  drawRecordSize(answer);
  coloursDue = true;
  drawChartsSoon();
}

/**
 * @param {import("./choice.js").Choice} chosen
 * @param {string} label
 */
function onChoice(chosen, label) {
  choice = chosen;
  timeline.clear();
  showHistoryLoading();
  setText(byId("closes-range"), label);
  history.show(choice);
}

/** Draw once, at the next frame, unless the page is hidden. */
function requestDraw() {
  if (!frame && !document.hidden) {
    frame = requestAnimationFrame(draw);
  }
}

function drawChartsSoon() {
  chartsDue = true;
  requestDraw();
}

function draw() {
  frame = 0;
  const view = chartsDue ? timeline.view(isLiveNow()) : null;
  if (view) {
    chartPanel.draw(view, coloursDue);
    chartsDue = coloursDue = false;
  }
  if (latest) {
    drawPicture(latest);
  }
}

/** @param {Picture} picture */
function drawPicture(picture) {
  drawTrust(picture);
  drawTiles(picture);
  drawEndpoints(picture);
  drawProcesses(picture);
  ends.draw(picture.ends);
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    history.pause();
  } else {
    history.resume();
    drawChartsSoon();
  }
});
watchTheme(() => chartPanel.repaint());
ranges.start();
feed.start();
