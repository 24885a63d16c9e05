/**
 * What outlives a socket: which tab this is, and how its last connection ended.
 *
 * Both also survive a reload, in sessionStorage, but only from `pagehide` to the next load: a tab that
 * is duplicated copies the storage of a living one, and must not claim its identity. Where storage is
 * denied, memory lasts as long as the page.
 */

const TAB_KEY = "lifecycle.tab";
const LONGEST_OFFLINE_MS = 2 ** 31 - 1; // the most that the protocol takes

/**
 * How a connection ended, as this page saw it.
 *
 * @typedef {object} End
 * @property {number|null} code null where nothing was seen
 * @property {string} reason
 * @property {boolean} clean whether the close handshake completed
 */

/** @typedef {End & {connection: string, at: number}} Ended an End, of which connection, and when (Unix ms) */

/** @type {End} as the browser closes the sockets of a page that goes for good */
const LEFT = { code: 1001, reason: "", clean: true };

/** @type {End} in the back-forward cache, a socket ends when the browser pleases */
const UNSEEN = { code: null, reason: "", clean: false };

/** @type {string|null} the id of this tab, one for all sockets of the page */
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
    // randomUUID() is missing where the page came over plain HTTP.
    tab ??= hex(crypto.getRandomValues(new Uint8Array(16)));
    return tab;
  }

  /**
   * Take back what this page put away, or another one in this tab after it: then that one has already
   * told of this page's connection, and its own is the connection before.
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
   * Note the end of the open connection; a socket that was never welcomed leaves no trace.
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
   * Put everything away, as the page is left, with the end that is to come.
   *
   * @param {boolean} cached whether the page goes to the back-forward cache
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
   * Return the end of the connection before, as a hello reports it.
   *
   * By the wall clock, since `performance.now()` may stand still while a laptop sleeps.
   *
   * @returns {(End & {connection: string, offline_ms: number})|undefined}
   */
  report() {
    this.restore(); // a page may put its memory away after the next one is shown
    if (!this.previous) {
      return undefined;
    }
    const { at, ...end } = this.previous;
    return { ...end, offline_ms: Math.min(Math.max(0, Date.now() - at), LONGEST_OFFLINE_MS) };
  }
}

/**
 * Return a stored text and remove it; null where there is none or storage is denied.
 *
 * @param {string} key
 */
function taken(key) {
  try {
    const text = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return text;
  } catch {
    return null;
  }
}

/**
 * Store a text, where storage is allowed and not full.
 *
 * @param {string} key
 * @param {string} text
 */
function put(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {
    // Then the next page starts without a memory.
  }
}

/**
 * Return what a stored text says; null where there is none, or it was tampered with.
 *
 * @param {string|null} text
 * @returns {Ended|null}
 */
function parsed(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
