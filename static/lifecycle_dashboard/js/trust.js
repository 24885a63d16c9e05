/** The line at the top: facts that show whether the numbers can be trusted, and the state of the feed. */

import { byId, setData, setText } from "../../lifecycle/js/kit/dom.js";
import { age } from "../../lifecycle/js/kit/durations.js";
import { say, sayCount } from "../../lifecycle/js/kit/texts.js";
import { clock } from "../../lifecycle/js/kit/times.js";
import { count } from "./format.js";

const LATE_S = 10;

/** @typedef {import("./contract.js").Trust} Trust */

/**
 * @param {string} state the state of the feed
 * @param {number} since Unix time in seconds of the last fresh picture
 */
export function drawFeedState(state, since) {
  setData(byId("live"), "feed", state);
  setData(byId("feed-state"), "state", state);
  setText(byId("feed-state"), say(`feed.${state}`, { time: clock(since) }));
}

/** @param {import("./contract.js").Picture} picture */
export function drawTrust({ trust, at }) {
  const ago = trust.last_write === null ? null : at - trust.last_write;
  const late = trust.spool > 0 && (ago === null || ago > LATE_S);
  drawFact("processes", processesText(trust), processesLevel(trust));
  drawFact("dropped", countText("trust.dropped", trust.dropped, "none"), trust.dropped ? "bad" : "good");
  drawFact("spool", countText("trust.spool", trust.spool, "empty"), late ? "warn" : "good");
  drawFact("write", writeText(trust.writing, ago), trust.writing ? "good" : "bad");
  drawUnstored(trust);
  drawFaults(trust);
}

/** @param {Trust} trust */
function drawUnstored({ unstored = 0 }) {
  byId("trust-unstored").hidden = !unstored;
  drawFact("unstored", sayCount("trust.unstored", unstored, count(unstored)), "quiet");
}

/** @param {Trust} trust */
function drawFaults({ faults = [] }) {
  byId("trust-faults").hidden = !faults.length;
  drawFact("faults", faults.map((fault) => say(`trust.fault.${fault}`)).join(", "), "bad");
}

/**
 * @param {string} name
 * @param {string} text
 * @param {"quiet"|"good"|"warn"|"bad"} level
 */
function drawFact(name, text, level) {
  const node = byId(`trust-${name}`);
  setText(node, text);
  setData(node, "level", level);
}

/**
 * @param {string} key
 * @param {number} n
 * @param {string} zero the last part of the text key for n = 0
 */
function countText(key, n, zero) {
  return n ? sayCount(key, n, count(n)) : say(`${key}.${zero}`);
}

/** @param {Trust} trust */
function processesLevel({ processes, silent, feed }) {
  if (!feed) {
    return "bad";
  }
  return silent || !processes ? "warn" : "good";
}

/** @param {Trust} trust */
function processesText({ processes, silent, gone, feed }) {
  const parts = [countText("trust.heard", processes, "none")];
  if (silent) {
    parts.push(sayCount("trust.silent", silent, count(silent)));
  }
  if (gone) {
    parts.push(sayCount("trust.gone", gone, count(gone)));
  }
  if (!feed) {
    parts.push(say("trust.deaf"));
  }
  return parts.join(", ");
}

/**
 * @param {boolean} writing
 * @param {number|null} ago
 */
function writeText(writing, ago) {
  const key = writing ? "trust.write" : "trust.write.fails";
  return ago === null ? say(`${key}.none`) : say(key, { ago: age(ago) });
}
