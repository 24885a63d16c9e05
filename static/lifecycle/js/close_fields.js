/** The fields of the close form: a list of common codes, the code as a number, and the reason. */

import { byId, show } from "./kit/dom.js";
import { say } from "./kit/texts.js";

/** Keep the list and the number field synchronised, and show the length of the reason in bytes. */
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
 * Return the length of a text in bytes of UTF-8, the encoding of close frames.
 *
 * @param {string} text
 */
export function utf8Length(text) {
  return new TextEncoder().encode(text).length;
}
