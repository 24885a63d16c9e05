/** The page's forms and buttons: each checks what it was given, and says in words what is wrong. */

import { byId, show } from "./dom.js";
import { visibility } from "./page_events.js";
import { say } from "./words.js";

const MAX_REASON_BYTES = 123; // RFC 6455 section 5.5
const FORMS = ["echo", "note", "close", "drop"];

/** @typedef {import("./connection.js").LifecycleSocket} LifecycleSocket */

/** @param {LifecycleSocket} socket */
export function wireControls(socket) {
  byId("reconnect-button").addEventListener("click", () => socket.reconnect());
  byId("drop-button").addEventListener("click", () => {
    problem("drop", socket.state === "open" ? "" : say("nothing_to_drop"));
    socket.drop();
  });
  socket.addEventListener("state", () => FORMS.forEach((form) => problem(form, "")));
  onSubmit("echo", () => sendText(socket));
  onSubmit("note", () => sendNote(socket));
  onSubmit("close", () => closeSocket(socket));
  wireCloseFields();
}

/** @param {LifecycleSocket} socket */
function sendText(socket) {
  const { value } = byId("echo-text");
  if (!value) {
    problem("echo", say("empty_text"), "echo-text");
  } else if (!socket.echo(value)) {
    problem("echo", say("not_open"), "echo-text");
  }
}

/** @param {LifecycleSocket} socket */
function sendNote(socket) {
  const sent = socket.status(visibility(), byId("note-text").value);
  byId("note-reply").textContent = sent ? say("note_sent") : "";
  if (!sent) {
    problem("note", say("not_open"), "note-text");
  }
}

/** @param {LifecycleSocket} socket */
function closeSocket(socket) {
  const number = byId("close-number").value.trim();
  const reason = byId("close-reason").value;
  const bytes = utf8Length(reason);
  if (!/^(1000|[34]\d{3})$/.test(number)) {
    problem("close", say("bad_code"), "close-number");
  } else if (bytes > MAX_REASON_BYTES) {
    problem("close", say("long_reason", { count: bytes }), "close-reason");
  } else if (socket.state !== "open") {
    problem("close", say("not_open"));
  } else {
    socket.close(Number(number), reason);
  }
}

/** Keep the list of codes and the number in step, and count the bytes of the reason. */
function wireCloseFields() {
  const list = byId("close-select");
  const number = byId("close-number");
  const reason = byId("close-reason");
  const count = () => show("reason-bytes", say("reason_bytes", { count: utf8Length(reason.value) }));
  list.addEventListener("change", () => {
    number.value = list.value;
    if (!list.value) {
      number.focus();
    }
  });
  number.addEventListener("input", () => {
    list.value = number.value;
    if (list.selectedIndex < 0) {
      list.value = "";
    }
  });
  reason.addEventListener("input", count);
  count();
}

/**
 * Run the action for a form instead of sending it anywhere, and forget its last problem first.
 *
 * @param {string} form
 * @param {() => void} action
 */
function onSubmit(form, action) {
  byId(`${form}-form`).addEventListener("submit", (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    problem(form, "");
    action();
  });
}

/**
 * Say what is wrong with a form, and go to the field that is; no words take it back.
 *
 * @param {string} form
 * @param {string} words
 * @param {string} [field]
 */
function problem(form, words, field) {
  const place = byId(`${form}-error`);
  place.textContent = words;
  place.hidden = !words;
  for (const input of place.parentElement.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
  }
  if (field) {
    byId(field).setAttribute("aria-invalid", "true");
    byId(field).focus();
  }
}

/** @param {string} text */
function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}
