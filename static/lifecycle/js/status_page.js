/** The entry script of the status page: one socket, and the views that show its events. */

import { closeMeaning } from "./close_meaning.js";
import { CloseView } from "./close_view.js";
import { LifecycleSocket } from "./connection.js";
import { wireControls } from "./controls.js";
import { useCloseCodes } from "./kit/close_codes.js";
import { byId, show } from "./kit/dom.js";
import { duration } from "./kit/durations.js";
import { LANGUAGE, pageData } from "./kit/page_data.js";
import { say, useTexts } from "./kit/texts.js";
import { LogView } from "./log_view.js";
import { RttView } from "./rtt_view.js";
import { StateView } from "./state_view.js";

useTexts(pageData("words"), LANGUAGE);
useCloseCodes(pageData("vocabulary"));

const socket = new LifecycleSocket(byId("main").dataset.socketPath ?? "");
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

/** @param {{state: string, delayMs?: number, code?: number}} detail */
function logState({ state, delayMs = 0, code }) {
  if (state === "open") {
    log.add("open", say("log.open"));
  } else if (state === "waiting") {
    log.add("page", say("log.retry", { duration: duration(delayMs / 1000) }));
  } else if (state !== "closed") {
    log.add("page", say(`log.${state}`, { url: socket.url, code }));
  }
}

/** @param {import("./close_meaning.js").Close} close */
function closeLine(close) {
  const { code, reason, clean } = close;
  const reasonPart = reason ? [say("log.reason", { reason })] : [];
  const ending = say(clean ? "log.clean" : "log.unclean");
  return [`${code} ${closeMeaning(close).name}`, ...reasonPart, ending].join(" · ");
}

on("state", (detail) => stateView.enter(detail));
on("state", ({ state }) => state === "open" && closeView.opened());
on("state", logState);
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

wireControls(socket);
show("tab-id", socket.memory.tab);
show("socket-url", socket.url);
if (socket.memory.previous) {
  const { connection, at, ...end } = socket.memory.previous;
  closeView.closed({ ...end, opened: true }, connection, at);
}
socket.start();
