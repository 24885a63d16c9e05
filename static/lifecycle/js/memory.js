/**
 * What outlives a connection: the id of the tab, and how its last connection ended.
 *
 * Both also survive a reload, in sessionStorage, but only from `pagehide` to the next load: duplicating a tab
 * copies its storage, and the copy must not use the id of the original. If the browser denies storage, the
 * memory lasts as long as the page.
 */

import { parsed, put, taken } from "./storage.js";

const TAB_KEY = "lifecycle.tab";
const LONGEST_OFFLINE_MS = 2 ** 31 - 1; // the protocol's maximum

/**
 * How a connection ended, as this page saw it.
 *
 * @typedef {object} End
 * @property {number|null} code null if the page did not see the end
 * @property {string} reason
 * @property {boolean} clean whether the close handshake completed
 */

/** @typedef {End & {connection: string, at: number}} Ended an End, the id of its connection, and its Unix time in milliseconds */

/** @type {End} how a browser closes the sockets of a page that is left */
const LEFT = { code: 1001, reason: "", clean: true };

/** @type {End} a page in the back-forward cache does not see when its socket ends */
const UNSEEN = { code: null, reason: "", clean: false };

/** @type {string|null} the id of this tab, shared by all sockets of the page */
let tab = null;

export class Memory {
  /** @param {string} url the socket's address: each has its own memory */
  constructor(url) {
    this.key = `lifecycle.previous ${url}`;
    /** @type {string|null} the id of the open connection */
    this.connection = null;
    /** @type {Ended|null} */
    this.previous = null;
    this.restore();
  }

  /** The id of this browser tab: at most 64 of A-Z a-z 0-9 _ - */
  get tab() {
    // Pages that were loaded over plain HTTP have no randomUUID().
    tab ??= hex(crypto.getRandomValues(new Uint8Array(16)));
    return tab;
  }

  /**
   * Read what `putAway` stored, and remove it. If a later page in this tab stored it, that page has already
   * reported the end of this page's connection, and the stored one is the previous connection.
   */
  restore() {
    tab = taken(TAB_KEY) ?? tab;
    const stored = parsed(taken(this.key));
    const own = [this.connection, this.previous?.connection];
    if (stored && !own.includes(stored.connection)) {
      this.previous = stored;
      this.connection = null;
    }
  }

  /**
   * Keep the end of the open connection. A connection without a welcome has no id and is not kept.
   *
   * @param {End} end
   */
  ended(end) {
    if (this.connection) {
      this.previous = { ...end, connection: this.connection, at: Date.now() };
      this.connection = null;
    }
  }

  /**
   * Store everything for the next page, with the end that the open connection will have.
   *
   * @param {boolean} cached whether the page goes into the back-forward cache
   */
  putAway(cached) {
    const { connection } = this;
    const end = connection ? { ...(cached ? UNSEEN : LEFT), connection, at: Date.now() } : this.previous;
    put(TAB_KEY, this.tab);
    if (end) {
      put(this.key, JSON.stringify(end));
    }
  }

  /**
   * Return the end of the previous connection, for the `hello` frame.
   *
   * Uses the wall clock: `performance.now()` may stop while a laptop sleeps.
   *
   * @returns {(End & {connection: string, offline_ms: number})|undefined}
   */
  report() {
    this.restore(); // the page before may have stored its memory after this one was loaded
    if (!this.previous) {
      return undefined;
    }
    const { at, ...end } = this.previous;
    return { ...end, offline_ms: Math.min(Math.max(0, Date.now() - at), LONGEST_OFFLINE_MS) };
  }
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
