/** The line that shows whether the history is loading, loaded or could not be loaded. */

import { byId, setData, setText } from "../../lifecycle/js/kit/dom.js";
import { say } from "../../lifecycle/js/kit/texts.js";

/** Show that the history of another range is being loaded. The page still has the numbers of the old range. */
export function showHistoryLoading() {
  setData(byId("live"), "history", "loading");
  drawState(say("history.loading"), "");
}

/** Show that the page has the numbers of the chosen range. */
export function showHistoryRead() {
  setData(byId("live"), "history", "read");
  drawState("", "");
}

/**
 * Show that the history could not be read.
 *
 * @param {number} status HTTP status; 0 if there was no answer
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
