/**
 * The page's side of the status protocol: it introduces the page, reports page states and the end of the previous
 * connection, and exchanges heartbeats. docs/status-protocol.md describes the frames.
 */

import { Heartbeat } from "./heartbeat.js";
import { Memory } from "./memory.js";
import { visibility } from "./page_events.js";
import { Reconnecting } from "./reconnecting.js";
import { hello } from "./wire.js";

/** @typedef {import("./wire.js").Frame} Frame */

export class StatusProtocol {
  /**
   * @param {string} url
   * @param {Required<import("./options.js").Options>} options
   * @param {(type: string, detail: object) => void} dispatch called with each event of the LifecycleSocket
   */
  constructor(url, options, dispatch) {
    this.options = options;
    this.dispatch = dispatch;
    this.memory = new Memory(url);
    this.connection = new Reconnecting(url, options, {
      entered: (state, detail) => this.entered(state, detail),
      opened: () => this.opened(),
      received: (frame) => this.received(frame),
      ended: (close) => this.ended(close),
    });
    this.heartbeat = new Heartbeat(options.pongTimeoutMs, {
      ping: (frame) => this.connection.send(frame),
      rtt: (ms) => this.dispatch("rtt", { ms }),
      dead: () => this.connection.giveUp("no pong"),
    });
  }

  /**
   * Send a frame, and dispatch a `sent` event.
   *
   * @param {Frame} frame
   * @returns {boolean} whether the frame was sent; false if the socket is not open
   */
  send(frame) {
    const sent = this.connection.send(frame);
    if (sent) {
      this.dispatch("sent", frame);
    }
    return sent;
  }

  /**
   * Report the state of the page.
   *
   * @param {string} state
   * @param {string} [note]
   * @returns {boolean} whether the report was sent; false if the socket is not open
   */
  status(state, note) {
    return this.send({ type: "status", state, note });
  }

  /**
   * Report a page event. Unless the page is going away, ping at once and bring a scheduled retry forward.
   *
   * @param {string} state
   */
  pageChanged(state) {
    this.status(state);
    if (state === "hidden" || state === "frozen") {
      return;
    }
    this.heartbeat.beat(); // after sleep or a change of network, the connection may be dead
    if (state !== "offline") {
      this.connection.retrySoon();
    }
  }

  /**
   * @param {import("./reconnecting.js").State} state
   * @param {object} detail
   */
  entered(state, detail) {
    if (state === "closing") {
      this.heartbeat.stop();
    }
    this.dispatch("state", { state, ...detail });
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
      this.dispatch("welcome", frame);
      this.heartbeat.start(this.options.heartbeatMs || frame.heartbeat_s * 1000);
    } else {
      this.dispatch(frame.type === "notice" || frame.type === "error" ? frame.type : "message", frame);
    }
  }

  /** @param {import("./close_meaning.js").Close} close */
  ended(close) {
    const { code, reason, clean } = close;
    this.heartbeat.stop();
    this.memory.ended({ code, reason, clean });
    this.dispatch("close", close);
  }
}
