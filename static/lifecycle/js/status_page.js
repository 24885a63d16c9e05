/** The status page: one socket, and the views that show what it goes through. */

import { closeMeaning } from "./close_codes.js";
import { CloseView } from "./close_view.js";
import { LifecycleSocket } from "./connection.js";
import { wireControls } from "./controls.js";
import { byId, show } from "./dom.js";
import { LogView } from "./log_view.js";
import { RttView } from "./rtt_view.js";
import { StateView } from "./state_view.js";
import { duration, say } from "./words.js";

const socket = new LifecycleSocket(byId("main").dataset.socketPath);
const stateView = new StateView();
const closeView = new CloseView();
const rttView = new RttView();
const log = new LogView();

/**
 * @param {string} type
 * @param {(detail: any) => void} handler
 */
function on(type, handler) {
  socket.addEventListener(type, (event) => handler(/** @type {CustomEvent} */ (event).detail));
}

on("state", (detail) => stateView.enter(detail));
on("state", ({ state, delayMs, code }) => {
  if (state === "open") {
    closeView.opened();
    log.add("open", say("log_open"));
  } else if (state === "waiting") {
    log.add("page", say("log_retry", { duration: duration(delayMs) }));
  } else if (state !== "closed") {
    log.add("page", say(`log_${state}`, { url: socket.url, code }));
  }
});
on("welcome", ({ connection }) => show("connection-id", connection));
on("close", (close) => {
  closeView.closed(close, socket.memory.previous?.connection ?? null);
  log.add("close", closeLine(close));
});
on("rtt", ({ ms }) => rttView.add(ms));
on("message", ({ type, text }) => type === "received" && show("echo-reply", text));
on("notice", ({ text }) => show("notice", text));
on("error", ({ code, detail }) => log.add("error", `${code}: ${detail}`));
for (const type of ["welcome", "message", "notice"]) {
  on(type, (frame) => log.add("message", JSON.stringify(frame)));
}
on("sent", (frame) => log.add("sent", JSON.stringify(frame)));

/** @param {import("./close_codes.js").Close} close */
function closeLine(close) {
  const { code, reason, clean } = close;
  const said = reason ? [say("log_reason", { reason })] : [];
  const ending = say(clean ? "log_clean" : "log_not_clean");
  return [`${code} ${closeMeaning(close).name}`, ...said, ending].join(" · ");
}

wireControls(socket);
show("tab-id", socket.memory.tab);
show("socket-url", socket.url);
if (socket.memory.previous) {
  const { connection, at, ...end } = socket.memory.previous;
  closeView.closed({ ...end, opened: true }, connection, at);
}
socket.start();
