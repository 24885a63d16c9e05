/** Explains how a connection ended, based on the events that this page received. */

import { codeMeaning } from "./kit/close_codes.js";
import { say } from "./kit/texts.js";

/** @typedef {import("./kit/close_codes.js").Meaning} Meaning */

/**
 * How a connection ended, or failed to open, as this page observed it.
 *
 * @typedef {object} Close
 * @property {number|null} code null if the page was suspended when the connection ended
 * @property {string} reason
 * @property {boolean} clean whether the close handshake was completed
 * @property {boolean} opened false if the opening handshake failed
 * @property {{code: number, reason: string}|null} [sent] the close frame that this page sent
 */

/**
 * Return the name, the meaning and the advice for a close.
 *
 * @param {Close} close
 * @returns {Meaning}
 */
export function closeMeaning({ code, reason, opened }) {
  if (!opened) {
    return textMeaning("close.refused");
  }
  if (code === null) {
    return textMeaning("close.unseen");
  }
  // Browsers report 1006 without a reason. A reason means that this page gave up the connection (see link.js).
  if (code === 1006 && reason) {
    return textMeaning("close.given_up");
  }
  return codeMeaning(code);
}

/**
 * Return the meaning of an end that no close code describes.
 *
 * @param {string} key
 * @returns {Meaning}
 */
function textMeaning(key) {
  return { name: say(`${key}.name`), meaning: say(`${key}.meaning`), next: say(`${key}.next`) };
}
