/** The line that says whether the history is loading, read or unreadable. */

import { byId, setData, setText } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";

/** Show that the history of another range is being loaded. The numbers on the page are still the old ones. */
export function showHistoryLoading() {
  setData(byId("live"), "history", "loading");
  drawState(say("history.loading"), "");
}

/** Show that the numbers on the page are those of the chosen range. */
export function showHistoryRead() {
  setData(byId("live"), "history", "read");
  drawState("", "");
}

/**
 * Show that the history could not be read.
 *
 * @param {number} status HTTP status, 0 if there was no answer
 */
export function showHistoryFailure(status) {
  const key = { 0: "history.unreachable", 403: "history.denied" }[status] ?? "history.status";
  drawState(say(key, { status }), "failed");
}

/**
 * @param {string} text
 * @param {""|"failed"} state
 */
function drawState(text, state) {
  setText(byId("history-state"), text);
  setData(byId("history-state"), "state", state);
}
