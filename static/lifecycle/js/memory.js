/**
 * Remembers two things between connections: the ID of the tab, and how its previous connection ended.
 *
 * Both survive a reload in sessionStorage, but they are stored there only from `pagehide` to the next load. The
 * reason: duplicating a tab copies its storage, and the copy must not use the ID of the original. If the browser
 * denies storage, both are lost when the page is left.
 */

import { parseObject, storeItem, takeItem } from "./storage.js";

const TAB_KEY = "lifecycle.tab";
const MAX_OFFLINE_MS = 2 ** 31 - 1; // the maximum of the status protocol

/**
 * How a connection ended, as this page observed it.
 *
 * @typedef {object} End
 * @property {number|null} code null if the page was suspended when the connection ended
 * @property {string} reason
 * @property {boolean} clean whether the close handshake completed
 */

/** @typedef {End & {connection: string, at: number}} Ended an End, with the connection's ID and the time in Unix milliseconds */

/** @type {End} how browsers close the sockets of a page that the user leaves */
const LEFT = { code: 1001, reason: "", clean: true };

/** @type {End} a page in the back-forward cache gets no event when its socket ends */
const UNSEEN = { code: null, reason: "", clean: false };

/** @type {string|null} the ID of this tab, shared by all sockets of the page */
let tab = null;

export class Memory {
  /** @param {string} url the socket's URL; each URL has its own memory */
  constructor(url) {
    this.key = `lifecycle.previous ${url}`;
    /** @type {string|null} the ID of the open connection */
    this.connection = null;
    /** @type {Ended|null} */
    this.previous = null;
    this.restore();
  }

  /** The ID of this browser tab: 32 hexadecimal digits. */
  get tab() {
    // crypto.randomUUID() does not exist on pages that were loaded over plain HTTP.
    tab ??= hex(crypto.getRandomValues(new Uint8Array(16)));
    return tab;
  }

  /**
   * Load the data that `save` stored, and remove it from storage.
   *
   * If the stored connection is not from this page, then a later page in this tab stored it. That page has already
   * reported the end of this page's connection, so the stored connection becomes the previous connection.
   */
  restore() {
    tab = takeItem(TAB_KEY) ?? tab;
    const stored = parseObject(takeItem(this.key));
    const own = [this.connection, this.previous?.connection];
    if (stored && !own.includes(stored.connection)) {
      this.previous = stored;
      this.connection = null;
    }
  }

  /**
   * Remember the end of the open connection. A connection that ended before its welcome has no ID and is ignored.
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
   * Store the tab ID and the last end for the next page in this tab. If a connection is open, store the end that
   * it will have.
   *
   * @param {boolean} cached whether the browser may keep this page in the back-forward cache
   */
  save(cached) {
    const { connection } = this;
    const end = connection ? { ...(cached ? UNSEEN : LEFT), connection, at: Date.now() } : this.previous;
    storeItem(TAB_KEY, this.tab);
    if (end) {
      storeItem(this.key, JSON.stringify(end));
    }
  }

  /**
   * Return the end of the previous connection, for the `hello` frame; undefined if there is none.
   *
   * The time offline is measured on the wall clock because `performance.now()` may stop while a laptop sleeps.
   *
   * @returns {(End & {connection: string, offline_ms: number})|undefined}
   */
  report() {
    this.restore(); // the previous page may have stored its data after this page was loaded
    if (!this.previous) {
      return undefined;
    }
    const { at, ...end } = this.previous;
    return { ...end, offline_ms: Math.min(Math.max(0, Date.now() - at), MAX_OFFLINE_MS) };
  }
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
