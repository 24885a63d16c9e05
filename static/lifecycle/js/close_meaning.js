/** What the end of a connection means, from what this page saw of it. */

import { codeMeaning } from "./kit/close_codes.js";
import { say } from "./kit/texts.js";

/** @typedef {import("./kit/close_codes.js").Meaning} Meaning */

/**
 * How a connection ended, or failed to open, as this page saw it.
 *
 * @typedef {object} Close
 * @property {number|null} code null if the page did not see the end
 * @property {string} reason
 * @property {boolean} clean whether the close handshake was completed
 * @property {boolean} opened false if the handshake failed
 * @property {{code: number, reason: string}|null} [sent] the close frame that this page sent
 */

/**
 * Return what a close means.
 *
 * @param {Close} close
 * @returns {Meaning}
 */
export function closeMeaning({ code, reason, opened }) {
  if (!opened) {
    return ownMeaning("close.refused");
  }
  if (code === null) {
    return ownMeaning("close.unseen");
  }
  // Browsers give no reason with 1006. If there is one, this page gave the connection up (see link.js).
  if (code === 1006 && reason) {
    return ownMeaning("close.given_up");
  }
  return codeMeaning(code);
}

/**
 * @param {string} key
 * @returns {Meaning}
 */
function ownMeaning(key) {
  return { name: say(`${key}.name`), meaning: say(`${key}.meaning`), next: say(`${key}.next`) };
}
