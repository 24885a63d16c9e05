/** The tiles: five large numbers at the top of the page. */

import { byId, setData, setText } from "../../lifecycle/js/kit/dom.js";
import { say, sayCount } from "../../lifecycle/js/kit/texts.js";
import { linkText } from "./explorer_links.js";
import { count, known, percent, rate } from "./format.js";

// The tile is highlighted at or above this share. The usual share differs between sites; 5 % is high on any site.
const HIGH_SHARE = 0.05;

/** The connections behind each tile. */
const LINKS = /** @type {Record<string, import("./explorer_links.js").Filters>} */ ({
  open: { state: "open" },
  connects: { since: "5m" },
  closes: { state: "closed", ended_since: "5m" },
  abnormal: { abnormal: "yes", state: "closed", ended_since: "5m" },
  refused: { state: "rejected", ended_since: "5m" },
});

/** @param {import("./contract.js").Picture} picture */
export function drawTiles({ totals }) {
  const { open, unconfirmed, viewers, closes_5m: closes, abnormal_5m: abnormal } = totals;
  const share = closes ? abnormal / closes : null;
  drawTile("open", count(open), openNote(unconfirmed, viewers), unconfirmed ? "warn" : "quiet");
  drawTile("connects", rate(totals.connects_s));
  drawTile("closes", rate(totals.closes_s));
  drawTile("abnormal", known(share, percent), abnormalNote(abnormal, closes), level(share));
  drawTile("refused", rate(totals.refused_s));
}

/**
 * @param {string} name
 * @param {string} value
 * @param {string|null} [note] null keeps the template's note
 * @param {"quiet"|"warn"|"high"} [importance]
 */
function drawTile(name, value, note = null, importance = "quiet") {
  const tile = byId(`tile-${name}`);
  writePart(tile, "[data-value]", value);
  setData(tile, "level", importance);
  const term = tile.querySelector("dt");
  if (term && LINKS[name]) {
    linkText(term, LINKS[name]);
  }
  if (note !== null) {
    writePart(tile, "[data-note]", note);
  }
}

/**
 * @param {HTMLElement} tile
 * @param {string} selector
 * @param {string} text
 */
function writePart(tile, selector, text) {
  const part = tile.querySelector(selector);
  if (part) {
    setText(part, text);
  }
}

/**
 * @param {number} unconfirmed
 * @param {number} viewers
 */
function openNote(unconfirmed, viewers) {
  if (unconfirmed) {
    return sayCount("tile.unconfirmed", unconfirmed, count(unconfirmed));
  }
  return viewers ? sayCount("tile.viewers", viewers, count(viewers)) : say("tile.viewers.none");
}

/**
 * @param {number} abnormal
 * @param {number} closes
 */
function abnormalNote(abnormal, closes) {
  if (!closes) {
    return say("tile.abnormal.none");
  }
  return say("tile.abnormal", { abnormal: count(abnormal), closes: count(closes) });
}

/** @param {number|null} share */
function level(share) {
  return share !== null && share >= HIGH_SHARE ? "high" : "quiet";
}
