/**
 * A WebSocket that reports on itself to the server, and reconnects when it is lost.
 *
 * Any page can use it, in three lines:
 *
 *     import { LifecycleSocket } from "/static/lifecycle/js/connection.js";
 *     const socket = new LifecycleSocket("/ws/status/");
 *     socket.start();
 *
 * It dispatches CustomEvents with this `detail`:
 *
 * - `state` {state}: connecting, open, closing {code}, closed (and stays so), or waiting {delayMs, refusals}
 * - `close` {code, reason, clean, opened, sent}: `opened` is false if the handshake failed; a browser does not
 *   say whether the server refused or could not be reached. `sent` {code, reason} is the close frame that this
 *   page sent, null if it sent none: not every server answers with the same code
 * - `welcome` {connection, heartbeat_s}: the server's id of this connection
 * - `notice` {text}: a message from the server to the people who look at the page
 * - `error` {code, detail}: what the server could not accept
 * - `message`: any other frame of the server, except pongs
 * - `sent`: a frame that was sent, except pings
 * - `rtt` {ms}: the round trip of a ping
 */

import { Heartbeat } from "./heartbeat.js";
import { socketAddress } from "./kit/address.js";
import { Memory } from "./memory.js";
import { DEFAULTS } from "./options.js";
import { visibility, watchPage } from "./page_events.js";
import { Reconnecting } from "./reconnecting.js";
import { hello } from "./wire.js";

/** @typedef {import("./wire.js").Frame} Frame */

export class LifecycleSocket extends EventTarget {
  /**
   * @param {string} url a path on this page's host, or a whole address
   * @param {import("./options.js").Options} [options]
   */
  constructor(url, options = {}) {
    super();
    this.url = socketAddress(url);
    this.options = { ...DEFAULTS, ...options };
    this.memory = new Memory(this.url);
    this.connection = new Reconnecting(this.url, this.options, {
      entered: (state, detail) => this.entered(state, detail),
      opened: () => this.opened(),
      received: (frame) => this.received(frame),
      ended: (close) => this.ended(close),
    });
    this.heartbeat = new Heartbeat(this.options.pongTimeoutMs, {
      ping: (frame) => this.connection.send(frame),
      rtt: (ms) => this.tell("rtt", { ms }),
      dead: () => this.connection.letGo("no pong"),
    });
    /** @type {(() => void)|undefined} */
    this.unwatch = undefined;
  }

  /** The present state, as in the event `state`. */
  get state() {
    return this.connection.state;
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

  /** Close with 1000, and stop watching the page. */
  stop() {
    this.unwatch?.();
    this.unwatch = undefined;
    this.close();
  }

  /**
   * Close and stay closed, until `reconnect()`.
   *
   * @param {number} [code] 1000 or 3000-4999: browsers let scripts send no other code
   * @param {string} [reason] at most 123 bytes of UTF-8
   * @throws {DOMException} for another code or a longer reason; the socket stays as it was
   */
  close(code = 1000, reason = "") {
    this.connection.close(code, reason);
  }

  /** Lose the connection, as far as a page can do that (see `Link.letGo`), and reconnect. */
  drop() {
    this.connection.letGo("dropped by the page");
  }

  /** Connect now: at once if there is no connection, else after the present one has ended. */
  reconnect() {
    this.connection.reconnect();
  }

  /**
   * Report the state of the page.
   *
   * @param {string} state at most 32 of a-z 0-9 _ -
   * @param {string} [note] at most 200 characters
   * @returns {boolean} whether it was sent: the socket must be open
   */
  status(state, note) {
    return this.send({ type: "status", state, note });
  }

  /**
   * Ask the server to send a text back, in a `received` message.
   *
   * @param {string} text
   * @returns {boolean} whether it was sent: the socket must be open
   */
  echo(text) {
    return this.send({ type: "echo", text });
  }

  /**
   * @param {Frame} frame
   * @returns {boolean} whether it was sent
   */
  send(frame) {
    const sent = this.connection.send(frame);
    if (sent) {
      this.tell("sent", frame);
    }
    return sent;
  }

  /**
   * @param {import("./reconnecting.js").State} state
   * @param {object} detail
   */
  entered(state, detail) {
    if (state === "closing") {
      this.heartbeat.stop();
    }
    this.tell("state", { state, ...detail });
  }

  opened() {
    this.send(hello(this.options.tab || this.memory.tab, this.memory.report()));
    this.status(visibility());
  }

  /** @param {Frame} frame */
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

  /** @param {import("./close_meaning.js").Close} close */
  ended(close) {
    const { code, reason, clean } = close;
    this.heartbeat.stop();
    this.memory.ended({ code, reason, clean });
    this.tell("close", close);
  }

  /** @param {string} state */
  pageChanged(state) {
    this.status(state);
    if (state === "hidden" || state === "frozen") {
      return;
    }
    this.heartbeat.beat(); // after a sleep, or on another network, the connection may be dead
    if (state !== "offline") {
      this.connection.hurry();
    }
  }

  /**
   * @param {string} type
   * @param {object} detail
   */
  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
