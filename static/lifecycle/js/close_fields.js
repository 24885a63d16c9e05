/** The fields of the close form: a list of codes, the same code as a number, and a reason. */

import { byId, show } from "./kit/dom.js";
import { say } from "./kit/texts.js";

/** Keep the list and the number in step, and count the bytes of the reason. */
export function wireCloseFields() {
  const list = byId("close-select", HTMLSelectElement);
  const number = byId("close-number", HTMLInputElement);
  const reason = byId("close-reason", HTMLInputElement);
  const count = () => show("reason-bytes", say("form.reason_bytes", { count: utf8Length(reason.value) }));
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
 * Return how many bytes a text takes in a close frame.
 *
 * @param {string} text
 */
export function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}
