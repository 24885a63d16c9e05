/** The live page: wires the feed and the history to what draws them. */

import { drawClosesTable, drawMarks, drawOpenTable } from "./chart_table.js";
import { Charts } from "./charts.js";
import { drawCloses } from "./closes.js";
import { byId, setShown, setText } from "./dom.js";
import { Ends } from "./ends.js";
import { Feed } from "./feed.js";
import { History, LIVE_RANGE } from "./history.js";
import { drawClosesLegend, drawOpenLegend } from "./legend.js";
import { startRanges } from "./ranges.js";
import { closesSeries, openSeries } from "./series.js";
import { drawEndpoints, drawProcesses } from "./tables.js";
import { watchTheme } from "./theme.js";
import { drawTiles } from "./tiles.js";
import { Timeline } from "./timeline.js";
import { drawFeedState, drawTrust } from "./trust.js";
import { say } from "./words.js";

const page = byId("live");
const timeline = new Timeline();
const charts = new Charts(byId("chart-open"), byId("chart-closes"));
const ends = new Ends(page.dataset.connectionUrl);
const history = new History(page.dataset.historyUrl, onHistory, onHistoryFailure);
const feed = new Feed(socketUrl(page.dataset.socketPath), onSnapshot, onFeedState);

let range = LIVE_RANGE;
let snapshot = null;
let chartsDue = false;
let frame = 0;

function socketUrl(path) {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function onSnapshot(next) {
  if (changes(next) !== (snapshot && changes(snapshot))) history.refreshSoon();
  snapshot = next;
  if (timeline.extend(next.buckets) && range === LIVE_RANGE) chartsDue = true;
  requestDraw();
}

/** What makes another reading of history worth while: something ended (live range), a process came or went. */
function changes({ ends: [newest], processes }) {
  const states = processes.map(({ id, state }) => `${id} ${state}`);
  return [range === LIVE_RANGE ? newest?.id : "", ...states].join();
}

function onFeedState(state, since) {
  drawFeedState(state, since);
  if (state === "lost") timeline.interrupt();
  if (state === "live") history.refreshSoon();
}

function onHistory(reading) {
  if (reading.range !== range) return;
  timeline.load(reading);
  page.dataset.history = "read";
  drawHistoryState("");
  drawCloses(reading.ends);
  chartsDue = true;
  requestDraw();
}

function onHistoryFailure(status) {
  const key = { 0: "history.unreachable", 403: "history.denied" }[status] ?? "history.status";
  drawHistoryState(say(key, { status }), "failed");
}

function drawHistoryState(text, state = "") {
  setText(byId("history-state"), text);
  byId("history-state").dataset.state = state;
}

function onRange(next, label) {
  range = next;
  timeline.clear();
  page.dataset.history = "loading";
  drawHistoryState(say("history.loading"));
  setText(byId("closes-range"), label);
  history.show(range);
}

/** Draw at the next frame, once, and not at all while nobody looks. */
function requestDraw() {
  if (frame || document.hidden) return;
  frame = requestAnimationFrame(() => {
    frame = 0;
    draw();
  });
}

function draw() {
  if (snapshot) drawSnapshot(snapshot);
  const view = chartsDue ? timeline.view(range === LIVE_RANGE) : null;
  if (!view) return;
  chartsDue = false;
  drawCharts(view);
}

function drawSnapshot(current) {
  drawTrust(current);
  drawTiles(current);
  drawEndpoints(current);
  drawProcesses(current);
  ends.draw(current.ends);
}

function drawCharts(view) {
  const open = openSeries(view.open);
  const closes = closesSeries(view.closes);
  charts.draw(view, open, closes);
  drawOpenLegend(byId("open-legend"), open);
  drawClosesLegend(byId("closes-legend"), closes);
  drawEmpty("open-empty", "chart.open.empty", open.length === 0);
  drawEmpty("closes-empty", "chart.closes.empty", closes.length === 0);
  drawOpenDetails(view, open, closes);
}

/** The tables behind "Show as table" are drawn while they are open. */
function drawOpenDetails(view, open, closes) {
  const [openBox, closesBox] = [byId("open-as-table"), byId("closes-as-table")];
  if (openBox.open) {
    drawOpenTable(openBox.querySelector("table"), view, open);
    drawMarks(byId("marks-list"), view.marks);
  }
  if (closesBox.open) drawClosesTable(closesBox.querySelector("table"), view, closes);
}

function drawEmpty(id, key, empty) {
  setText(byId(id), say(key));
  setShown(byId(id), empty);
}

function drawChartsSoon() {
  chartsDue = true;
  requestDraw();
}

function onVisibility() {
  if (document.hidden) return history.pause();
  history.resume();
  drawChartsSoon();
}

startRanges(onRange);
watchTheme(() => charts.repaint());
document.addEventListener("visibilitychange", onVisibility);
for (const id of ["open-as-table", "closes-as-table"]) byId(id).addEventListener("toggle", drawChartsSoon);
feed.start();
