/** What a close code means, in words: from the table in the page, else from the range it lies in. */

import { pageData, say } from "./words.js";

/** @typedef {{name: string, meaning: string, next: string}} Meaning */

/**
 * How a connection ended, or never began, as this page saw it.
 *
 * @typedef {object} Close
 * @property {number|null} code null where none was seen
 * @property {string} reason
 * @property {boolean} clean
 * @property {boolean} opened false where the handshake failed
 * @property {{code: number, reason: string}|null} [sent] the close that this page sent
 */

/** @type {Record<string, Meaning>} */
const NAMED = pageData("close-codes");

/** RFC 6455 section 7.4.2 */
const RANGES = [
  { from: 4000, name: "private" },
  { from: 3000, name: "registered" },
  { from: 0, name: "protocol" },
];

/**
 * Return the words for a close.
 *
 * @param {Close} close
 * @returns {Meaning}
 */
export function closeMeaning({ code, reason, opened }) {
  if (!opened) {
    return ownWords("refused");
  }
  if (code === null) {
    return ownWords("unseen");
  }
  // No browser gives a reason with 1006: this page did, as it gave up (see link.js).
  if (code === 1006 && reason) {
    return ownWords("given_up");
  }
  return NAMED[String(code)] ?? ownWords(RANGES.find(({ from }) => code >= from)?.name ?? "protocol");
}

/**
 * @param {string} kind
 * @returns {Meaning}
 */
function ownWords(kind) {
  return { name: say(`${kind}_name`), meaning: say(`${kind}_meaning`), next: say(`${kind}_next`) };
}
