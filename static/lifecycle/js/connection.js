/**
 * A WebSocket that reports its own life to the server, and comes back when it is lost.
 *
 * Any page can use it, in three lines:
 *
 *     import { LifecycleSocket } from "/static/lifecycle/js/connection.js";
 *     const socket = new LifecycleSocket("/ws/status/");
 *     socket.start();
 *
 * It dispatches CustomEvents, with this `detail`:
 *
 * - `state` {state}: connecting, open, closing {code}, closed (and stays so), or waiting {delayMs, refusals}
 * - `close` {code, reason, clean, opened, sent}: `opened` is false where the handshake failed; a browser
 *   does not tell whether the server refused or could not be reached. `sent` {code, reason} is the close
 *   that this page sent, null where it sent none: not every server answers with the same code
 * - `welcome` {connection, heartbeat_s}: the server's id of this connection
 * - `notice` {text}: what the server has to say to people
 * - `error` {code, detail}: what the server could not accept
 * - `message`: any other frame of the server, except pongs
 * - `sent`: a frame that went out, except pings
 * - `rtt` {ms}: the round trip of a ping
 */

import { Heartbeat } from "./heartbeat.js";
import { Link } from "./link.js";
import { Memory } from "./memory.js";
import { visibility, watchPage } from "./page_events.js";
import { Retry } from "./retry.js";
import { hello, offers, socketUrl } from "./wire.js";

const HURRY_MS = 1000; // every tab hears "online" at once: spread them

/**
 * @typedef {object} Options
 * @property {string | (() => string)} [token] credentials besides the session cookie; a function is
 *   asked at each try
 * @property {string} [tab] id of the browser tab, at most 64 of A-Z a-z 0-9 _ -
 * @property {number} [heartbeatMs] between pings; else what the server's welcome says
 * @property {number} [pongTimeoutMs] without a pong for so long, the connection is lost
 * @property {number} [openTimeoutMs] without an answer for so long, the handshake has failed
 * @property {number} [closeTimeoutMs] without an answer for so long, the close handshake has failed
 * @property {number} [baseMs] the longest wait before the first retry
 * @property {number} [capMs] the longest wait of all
 */

const DEFAULTS = {
  token: "",
  tab: "",
  heartbeatMs: 0,
  pongTimeoutMs: 10_000,
  openTimeoutMs: 20_000,
  closeTimeoutMs: 5_000,
  baseMs: 1_000,
  capMs: 30_000,
};

export class LifecycleSocket extends EventTarget {
  /**
   * @param {string} url a path on this page's host, or a whole address
   * @param {Options} [options]
   */
  constructor(url, options = {}) {
    super();
    this.url = socketUrl(url);
    this.options = { ...DEFAULTS, ...options };
    this.memory = new Memory(this.url);
    this.retry = new Retry(this.options.baseMs, this.options.capMs);
    this.heartbeat = new Heartbeat(this.options.pongTimeoutMs, {
      ping: (frame) => this.link.send(frame),
      rtt: (ms) => this.tell("rtt", { ms }),
      dead: () => this.link.letGo("no pong"),
    });
    /** @type {"connecting"|"open"|"closing"|"closed"|"waiting"} */
    this.state = "closed";
    /** @type {"retry"|"reconnect"|"stay"} what to do once the connection has ended */
    this.next = "retry";
    /** @type {Link} the present connection, or the last */
    this.link = /** @type {any} */ (null);
    /** @type {(() => void)|undefined} */
    this.unwatch = undefined;
    /** When the next try is due, on the page's clock. */
    this.retryAt = 0;
  }

  /** Connect, and stay connected until `close()` or `stop()`. */
  start() {
    this.unwatch ??= watchPage({
      changed: (state) => this.pageChanged(state),
      left: (cached) => this.memory.putAway(cached),
      restored: () => this.memory.restore(),
    });
    this.reconnect();
  }

  /** Close with 1000, and follow the page no longer. */
  stop() {
    this.unwatch?.();
    this.unwatch = undefined;
    this.close();
  }

  /**
   * Close and stay closed, until `reconnect()`.
   *
   * @param {number} [code] 1000 or 3000-4999: a browser takes no other from a script
   * @param {string} [reason] at most 123 bytes of UTF-8
   * @throws {DOMException} for another code or a longer reason; the socket then stays as it was
   */
  close(code = 1000, reason = "") {
    if (this.state === "open" || this.state === "connecting") {
      this.link.close(code, reason);
      this.heartbeat.stop();
      this.enter("closing", { code });
    } else if (this.state === "waiting") {
      clearTimeout(this.timer);
      this.enter("closed");
    }
    this.next = "stay";
  }

  /** Lose the connection, as far as a page can (see `Link.letGo`), and come back. */
  drop() {
    if (this.state === "open") {
      this.link.letGo("dropped by the page");
    }
  }

  /** Connect now: at once where there is no connection, else as soon as the present one has ended. */
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

  /**
   * Report what the page is going through.
   *
   * @param {string} state at most 32 of a-z 0-9 _ -
   * @param {string} [note] at most 200 characters
   * @returns {boolean} false where the socket is not open: then nothing was sent
   */
  status(state, note) {
    return this.send({ type: "status", state, note });
  }

  /**
   * Ask the server to send a text back, as a `received` message.
   *
   * @param {string} text
   * @returns {boolean} false where the socket is not open: then nothing was sent
   */
  echo(text) {
    return this.send({ type: "echo", text });
  }

  /** @param {import("./wire.js").Frame} frame */
  send(frame) {
    if (this.state !== "open") {
      return false;
    }
    this.link.send(frame);
    this.tell("sent", frame);
    return true;
  }

  connect() {
    clearTimeout(this.timer);
    this.next = "retry";
    this.link = new Link(this.url, offers(this.options.token), this.options, {
      opened: () => this.opened(),
      received: (frame) => this.received(frame),
      ended: (end) => this.ended(end),
    });
    this.enter("connecting");
  }

  opened() {
    this.enter("open");
    this.send(hello(this.options.tab || this.memory.tab, this.memory.report()));
    this.status(visibility());
  }

  /** @param {import("./wire.js").Frame} frame */
  received(frame) {
    if (frame.type === "pong") {
      this.heartbeat.pong(frame.n);
    } else if (frame.type === "welcome") {
      this.memory.connection = frame.connection;
      this.tell("welcome", frame);
      this.heartbeat.start(this.options.heartbeatMs || frame.heartbeat_s * 1000);
    } else {
      this.tell(frame.type === "notice" || frame.type === "error" ? frame.type : "message", frame);
    }
  }

  /** @param {import("./memory.js").End} end */
  ended(end) {
    const { livedMs, sent } = this.link;
    this.heartbeat.stop();
    this.memory.ended(end);
    this.retry.over(livedMs);
    this.tell("close", { ...end, opened: livedMs !== null, sent });
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

  /** @param {string} state */
  pageChanged(state) {
    this.status(state);
    if (state === "hidden" || state === "frozen") {
      return;
    }
    this.heartbeat.beat(); // after a sleep, or on another network: is anybody still there?
    if (this.state === "waiting" && state !== "offline") {
      this.wait(Math.min(this.retryAt - performance.now(), HURRY_MS * Math.random()));
    }
  }

  /**
   * @param {LifecycleSocket["state"]} state
   * @param {object} [detail]
   */
  enter(state, detail = {}) {
    this.state = state;
    this.tell("state", { state, ...detail });
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
