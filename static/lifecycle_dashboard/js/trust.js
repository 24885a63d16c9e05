/** The strip that says whether the numbers can be trusted, and the state of the feed. */

import { byId, setData, setText } from "./dom.js";
import { clock, count, wholeDuration } from "./format.js";
import { say, sayCount } from "./words.js";

const LATE_S = 10;

/** @param {string} state of the feed @param {number} since epoch seconds */
export function drawFeedState(state, since) {
  setData(byId("live"), "feed", state);
  setData(byId("feed-state"), "state", state);
  setText(byId("feed-state"), say(`feed.${state}`, { time: clock(since) }));
}

/** @param {object} snapshot */
export function drawTrust({ trust, at }) {
  fact("processes", heard(trust), processesLevel(trust));
  fact("dropped", counted("trust.dropped", trust.dropped, "trust.dropped.none"), trust.dropped ? "bad" : "good");
  const ago = trust.last_write === null ? null : at - trust.last_write;
  const late = trust.spool > 0 && (ago === null || ago > LATE_S);
  fact("spool", counted("trust.spool", trust.spool, "trust.spool.empty"), late ? "warn" : "good");
  fact("write", written(trust.writing, ago), trust.writing ? "good" : "bad");
}

function fact(name, text, level) {
  const node = byId(`trust-${name}`);
  setText(node, text);
  setData(node, "level", level);
}

function counted(key, n, none) {
  return n ? sayCount(key, n, count(n)) : say(none);
}

function processesLevel({ processes, silent, feed }) {
  if (!feed) return "bad";
  return silent || !processes ? "warn" : "good";
}

function heard({ processes, silent, gone, feed }) {
  const parts = [counted("trust.heard", processes, "trust.none")];
  if (silent) parts.push(sayCount("trust.silent", silent, count(silent)));
  if (gone) parts.push(sayCount("trust.gone", gone, count(gone)));
  if (!feed) parts.push(say("trust.deaf"));
  return parts.join(", ");
}

function written(writing, ago) {
  const key = writing ? "trust.write" : "trust.write.fails";
  return ago === null ? say(`${key}.none`) : say(key, { ago: wholeDuration(ago) });
}
