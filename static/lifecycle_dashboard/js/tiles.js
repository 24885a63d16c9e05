/** The five large numbers. */

import { byId, setData, setText } from "./dom.js";
import { count, none, percent, rate } from "./format.js";
import { say, sayCount } from "./words.js";

// From this share on, the tile draws the eye. What is usual differs from site to site; 5 % is much on any.
const HIGH_SHARE = 0.05;

/** @param {object} snapshot */
export function drawTiles({ totals }) {
  const { open, unconfirmed, viewers, closes_5m: closes, abnormal_5m: abnormal } = totals;
  const share = closes ? abnormal / closes : null;
  tile("open", count(open), openNote(unconfirmed, viewers), unconfirmed ? "warn" : "quiet");
  tile("connects", rate(totals.connects_s));
  tile("closes", rate(totals.closes_s));
  tile("abnormal", share === null ? none() : percent(share), abnormalNote(abnormal, closes), level(share));
  tile("refused", rate(totals.refused_s));
}

function tile(name, value, note = null, importance = "quiet") {
  const node = byId(`tile-${name}`);
  setText(node.querySelector("[data-value]"), value);
  setData(node, "level", importance);
  if (note !== null) setText(node.querySelector("[data-note]"), note);
}

function openNote(unconfirmed, viewers) {
  if (unconfirmed) return sayCount("tile.unconfirmed", unconfirmed, count(unconfirmed));
  return viewers ? sayCount("tile.viewers", viewers, count(viewers)) : say("tile.viewers.none");
}

function abnormalNote(abnormal, closes) {
  if (!closes) return say("tile.abnormal.none");
  return say("tile.abnormal", { abnormal: count(abnormal), closes: count(closes) });
}

const level = (share) => (share !== null && share >= HIGH_SHARE ? "high" : "quiet");
