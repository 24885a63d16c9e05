/** The options of a LifecycleSocket. */

/**
 * @typedef {object} Options
 * @property {string | (() => string)} [token] a token for authentication in addition to the session cookie; a
 *   function is called before each attempt to connect
 * @property {string} [tab] ID of the browser tab, at most 64 characters of A-Z a-z 0-9 _ -
 * @property {number} [heartbeatMs] interval between pings; 0 uses the interval in the server's welcome frame
 * @property {number} [pongTimeoutMs] how long to wait for a pong before the connection counts as lost
 * @property {number} [openTimeoutMs] how long to wait for the opening handshake before it counts as failed
 * @property {number} [closeTimeoutMs] how long to wait for the server's close frame before the connection counts
 *   as lost
 * @property {number} [baseMs] the longest delay before the first retry
 * @property {number} [capMs] the longest delay before any retry
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
