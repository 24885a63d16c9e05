/** Keeps a connection open: after a loss, it waits and reconnects, until `close()` is called. */

import { Retry } from "./kit/retry.js";
import { Link } from "./link.js";
import { offers } from "./wire.js";

const ONLINE_SPREAD_MS = 1_000; // all tabs get the "online" event at once; spread their attempts over this time

/** @typedef {"connecting"|"open"|"closing"|"closed"|"waiting"} State */
/** @typedef {import("./wire.js").Frame} Frame */
/** @typedef {import("./memory.js").End} End */

/**
 * @typedef {object} ConnectionHandlers
 * @property {(state: State, detail: object) => void} entered
 * @property {() => void} opened called after `entered`
 * @property {(frame: Frame) => void} received
 * @property {(close: import("./close_meaning.js").Close) => void} ended called before `entered`
 */

export class Reconnecting {
  /**
   * @param {string} url
   * @param {Required<import("./options.js").Options>} options
   * @param {ConnectionHandlers} handlers
   */
  constructor(url, options, handlers) {
    this.url = url;
    this.options = options;
    this.handlers = handlers;
    this.retry = new Retry(options.baseMs, options.capMs);
    /** @type {State} */
    this.state = "closed";
    /** @type {"retry"|"reconnect"|"stay"} what to do when the connection ends: retry later, now, or never */
    this.next = "retry";
    /** @type {Link|null} the current or last connection */
    this.link = null;
    /** When the next attempt is due, in milliseconds of `performance.now()`. */
    this.retryAt = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  /**
   * Close the connection. It stays closed until `reconnect()` is called.
   *
   * @param {number} code
   * @param {string} reason
   * @throws {DOMException} if the browser refuses the code or the reason; the connection is left unchanged
   */
  close(code, reason) {
    if (this.state === "open" || this.state === "connecting") {
      this.link?.close(code, reason);
      this.enter("closing", { code });
    } else if (this.state === "waiting") {
      clearTimeout(this.timer);
      this.enter("closed");
    }
    this.next = "stay";
  }

  /**
   * Treat the open connection as lost, and reconnect.
   *
   * @param {string} reason
   */
  giveUp(reason) {
    if (this.state === "open") {
      this.link?.giveUp(reason);
    }
  }

  /** Connect now. An open connection is closed first. */
  reconnect() {
    if (this.state === "open") {
      this.close(1000, "reconnect");
    }
    if (this.state === "closing") {
      this.next = "reconnect";
    } else if (this.state !== "connecting") {
      this.connect();
    }
  }

  /** If an attempt is scheduled, bring it forward, because the network may have returned. */
  retrySoon() {
    if (this.state === "waiting") {
      this.wait(Math.min(this.retryAt - performance.now(), ONLINE_SPREAD_MS * Math.random()));
    }
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} whether the frame was sent; false if the connection is not open
   */
  send(frame) {
    if (this.state !== "open") {
      return false;
    }
    this.link?.send(frame);
    return true;
  }

  connect() {
    clearTimeout(this.timer);
    this.next = "retry";
    const link = new Link(this.url, offers(this.options.token), this.options, {
      opened: () => this.opened(),
      received: (frame) => this.handlers.received(frame),
      ended: (end) => this.ended(link, end),
    });
    this.link = link;
    this.enter("connecting");
  }

  opened() {
    this.enter("open");
    this.handlers.opened();
  }

  /**
   * @param {Link} link
   * @param {End} end
   */
  ended({ livedMs, sent }, end) {
    this.retry.attemptEnded(livedMs);
    this.handlers.ended({ ...end, opened: livedMs !== null, sent });
    if (this.next === "stay") {
      this.enter("closed");
    } else if (this.next === "reconnect") {
      this.connect();
    } else {
      this.wait(this.retry.delayMs());
    }
  }

  /** @param {number} delayMs */
  wait(delayMs) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), delayMs);
    this.retryAt = performance.now() + delayMs;
    this.enter("waiting", { delayMs, refusals: this.retry.refusals });
  }

  /**
   * @param {State} state
   * @param {object} [detail]
   */
  enter(state, detail = {}) {
    this.state = state;
    this.handlers.entered(state, detail);
  }
}
