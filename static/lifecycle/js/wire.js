/** The status protocol as it goes over the wire: where to, with which subprotocols, in which frames. */

const VERSION = 1;
const SUBPROTOCOL = "lifecycle.v1";
const MAX_PAGE_CHARS = 512;

/** @typedef {{type: string} & Record<string, any>} Frame */

/**
 * Return the ws: or wss: address for an address on this page's host, or anywhere.
 *
 * @param {string} url
 */
export function socketUrl(url) {
  const absolute = new URL(url, location.href);
  absolute.protocol = absolute.protocol.replace("http", "ws");
  return absolute.href;
}

/**
 * Return the subprotocols to offer. The token is one of them, since a script can set no header and an
 * address ends up in logs.
 *
 * @param {string | (() => string)} token
 */
export function offers(token) {
  const value = typeof token === "function" ? token() : token;
  return value ? [SUBPROTOCOL, `token.${value}`] : [SUBPROTOCOL];
}

/**
 * Return the frame that says who is calling; never the page's query or fragment.
 *
 * @param {string} tab
 * @param {object} [previous] how the connection before ended
 * @returns {Frame}
 */
export function hello(tab, previous) {
  return { type: "hello", v: VERSION, tab, page: location.pathname.slice(0, MAX_PAGE_CHARS), previous };
}

/**
 * Return the frame in a message; for a message that holds none, an error frame with its text.
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
