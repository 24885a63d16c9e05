/** The page's forms and buttons. Each form checks its input and shows errors next to it. */

import { utf8Length, wireCloseFields } from "./close_fields.js";
import { byId } from "./kit/dom.js";
import { say } from "./kit/texts.js";
import { visibility } from "./page_events.js";

const MAX_REASON_BYTES = 123; // RFC 6455 section 5.5
const FORMS = ["echo", "note", "close", "drop"];

/** @typedef {import("./connection.js").LifecycleSocket} LifecycleSocket */

/** @param {LifecycleSocket} socket */
export function wireControls(socket) {
  byId("reconnect-button").addEventListener("click", () => socket.reconnect());
  byId("drop-button").addEventListener("click", () => {
    problem("drop", socket.state === "open" ? "" : say("form.nothing_to_drop"));
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
  const { value } = byId("echo-text", HTMLInputElement);
  if (!value) {
    problem("echo", say("form.empty_text"), "echo-text");
  } else if (!socket.echo(value)) {
    problem("echo", say("form.not_open"), "echo-text");
  }
}

/** @param {LifecycleSocket} socket */
function sendNote(socket) {
  const sent = socket.status(visibility(), byId("note-text", HTMLInputElement).value);
  byId("note-reply").textContent = sent ? say("form.note_sent") : "";
  if (!sent) {
    problem("note", say("form.not_open"), "note-text");
  }
}

/** @param {LifecycleSocket} socket */
function closeSocket(socket) {
  const number = byId("close-number", HTMLInputElement).value.trim();
  const reason = byId("close-reason", HTMLInputElement).value;
  const bytes = utf8Length(reason);
  if (!/^(1000|[34]\d{3})$/.test(number)) {
    problem("close", say("form.bad_code"), "close-number");
  } else if (bytes > MAX_REASON_BYTES) {
    problem("close", say("form.long_reason", { count: bytes }), "close-reason");
  } else if (socket.state !== "open") {
    problem("close", say("form.not_open"));
  } else {
    socket.close(Number(number), reason);
  }
}

/**
 * When a form is submitted, clear its error message and run the action. The browser does not send the form.
 *
 * @param {string} form
 * @param {() => void} action
 */
function onSubmit(form, action) {
  byId(`${form}-form`).addEventListener("submit", (event) => {
    event.preventDefault();
    problem(form, "");
    action();
  });
}

/**
 * Show a form's error message, mark the invalid field and focus it. An empty text clears the message.
 *
 * @param {string} form
 * @param {string} text
 * @param {string} [field]
 */
function problem(form, text, field) {
  const place = byId(`${form}-error`);
  place.textContent = text;
  place.hidden = !text;
  for (const input of place.parentElement?.querySelectorAll("[aria-invalid]") ?? []) {
    input.removeAttribute("aria-invalid");
  }
  if (field) {
    byId(field).setAttribute("aria-invalid", "true");
    byId(field).focus();
  }
}
