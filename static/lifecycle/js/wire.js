/** The subprotocols and frames of the status protocol. */

const VERSION = 1;
const SUBPROTOCOL = "lifecycle.v1";
const MAX_PAGE_CHARS = 512;

/** @typedef {{type: string} & Record<string, any>} Frame */

/**
 * Return the subprotocols to offer. A token is sent as a subprotocol because scripts cannot set headers, and
 * because servers log URLs.
 *
 * @param {string | (() => string)} token
 */
export function offers(token) {
  const value = typeof token === "function" ? token() : token;
  return value ? [SUBPROTOCOL, `token.${value}`] : [SUBPROTOCOL];
}

/**
 * Return the first frame, which identifies the page. The page's query string and fragment are left out.
 *
 * @param {string} tab
 * @param {object} [previous] the end of the previous connection, from `Memory.report`
 * @returns {Frame}
 */
export function hello(tab, previous) {
  return { type: "hello", v: VERSION, tab, page: location.pathname.slice(0, MAX_PAGE_CHARS), previous };
}

/**
 * Return the frame in a message. A message that holds no frame is returned as an error frame with its text.
 *
 * @param {unknown} data
 * @returns {Frame}
 */
export function readFrame(data) {
  const text = String(data);
  try {
    const frame = JSON.parse(text);
    return typeof frame?.type === "string" ? frame : { type: "error", code: "bad_message", detail: text };
  } catch {
    return { type: "error", code: "bad_json", detail: text };
  }
}
