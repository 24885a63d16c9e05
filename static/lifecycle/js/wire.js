/** The protocol of the status socket: its subprotocols and its frames. */

const VERSION = 1;
const SUBPROTOCOL = "lifecycle.v1";
const MAX_PAGE_CHARS = 512;

/** @typedef {{type: string} & Record<string, any>} Frame */

/**
 * Return the subprotocols to offer. The token is one of them: a script cannot set a header, and servers
 * write addresses into their logs.
 *
 * @param {string | (() => string)} token
 */
export function offers(token) {
  const value = typeof token === "function" ? token() : token;
  return value ? [SUBPROTOCOL, `token.${value}`] : [SUBPROTOCOL];
}

/**
 * Return the first frame, which says which page this is. It leaves out the page's query and fragment.
 *
 * @param {string} tab
 * @param {object} [previous] how the previous connection ended
 * @returns {Frame}
 */
export function hello(tab, previous) {
  return { type: "hello", v: VERSION, tab, page: location.pathname.slice(0, MAX_PAGE_CHARS), previous };
}

/**
 * Return the frame in a message. A message without a frame becomes an error frame that holds its text.
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
