/** The options of a LifecycleSocket. */

/**
 * @typedef {object} Options
 * @property {string | (() => string)} [token] credentials besides the session cookie; a function is
 *   called for each attempt to connect
 * @property {string} [tab] id of the browser tab, at most 64 of A-Z a-z 0-9 _ -
 * @property {number} [heartbeatMs] time between pings; 0 means what the server's welcome says
 * @property {number} [pongTimeoutMs] the connection is lost if no pong comes for this long
 * @property {number} [openTimeoutMs] the handshake has failed if there is no answer for this long
 * @property {number} [closeTimeoutMs] the close handshake has failed if there is no answer for this long
 * @property {number} [baseMs] the longest wait before the first retry
 * @property {number} [capMs] the longest wait before any retry
 */

/** @type {Required<Options>} */
export const DEFAULTS = {
  token: "",
  tab: "",
  heartbeatMs: 0,
  pongTimeoutMs: 10_000,
  openTimeoutMs: 20_000,
  closeTimeoutMs: 5_000,
  baseMs: 1_000,
  capMs: 30_000,
};
