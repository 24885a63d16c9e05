/** Keeps a connection open: connects, waits after a loss, connects again, until it is told to stay closed. */

import { Retry } from "./kit/retry.js";
import { Link } from "./link.js";
import { offers } from "./wire.js";

const HURRY_MS = 1_000; // every tab hears "online" at the same moment: spread their attempts over this time

/** @typedef {"connecting"|"open"|"closing"|"closed"|"waiting"} State */
/** @typedef {import("./wire.js").Frame} Frame */
/** @typedef {import("./memory.js").End} End */

/**
 * @typedef {object} ConnectionHandlers
 * @property {(state: State, detail: object) => void} entered
 * @property {() => void} opened called after `entered`
 * @property {(frame: Frame) => void} received
 * @property {(close: import("./close_meaning.js").Close) => void} ended called before the next state is entered
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
    /** @type {"retry"|"reconnect"|"stay"} what to do after the connection has ended */
    this.next = "retry";
    /** @type {Link|null} the present connection, or the last one */
    this.link = null;
    /** When the next attempt is due, in milliseconds of `performance.now()`. */
    this.retryAt = 0;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  /**
   * Close and stay closed, until `reconnect()`.
   *
   * @param {number} code
   * @param {string} reason
   * @throws {DOMException} if the browser refuses the code or the reason; the connection stays as it was
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
   * Treat the open connection as lost.
   *
   * @param {string} reason
   */
  letGo(reason) {
    if (this.state === "open") {
      this.link?.letGo(reason);
    }
  }

  /** Connect now: at once if there is no connection, else after the present one has ended. */
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

  /** Bring the next attempt forward, if one is due later: there may be a network again. */
  hurry() {
    if (this.state === "waiting") {
      this.wait(Math.min(this.retryAt - performance.now(), HURRY_MS * Math.random()));
    }
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} whether the frame was sent: only an open connection takes one
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
    this.retry.over(livedMs);
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
