/**
 * A WebSocket that speaks the status protocol and reconnects when the connection is lost.
 *
 * Any page can use it:
 *
 *     import { LifecycleSocket } from "/static/lifecycle/js/connection.js";
 *     const socket = new LifecycleSocket("/ws/status/");
 *     socket.start();
 *
 * It dispatches CustomEvents with these fields in `detail`:
 *
 * - `state` {state}: connecting, open, closing {code}, closed (until `reconnect()`), or waiting {delayMs, refusals}
 * - `close` {code, reason, clean, opened, sent}: `opened` is false if the handshake failed; the browser does not
 *   report whether the server refused the connection or was unreachable. `sent` {code, reason} is the close frame
 *   that this page sent, or null; some servers answer with a different code
 * - `welcome` {connection, heartbeat_s}: the server's ID of this connection, and the ping interval in seconds
 * - `notice` {text}: a message from the server for the user of the page
 * - `error` {code, detail}: the server could not process a frame
 * - `message`: any other frame from the server, except pongs
 * - `sent`: a frame that this page sent, except pings
 * - `rtt` {ms}: the round-trip time of a ping
 */

import { socketAddress } from "./kit/address.js";
import { DEFAULTS } from "./options.js";
import { watchPage } from "./page_events.js";
import { StatusProtocol } from "./status_protocol.js";

export class LifecycleSocket extends EventTarget {
  /**
   * @param {string} url a path on this page's host, or an absolute URL
   * @param {import("./options.js").Options} [options]
   */
  constructor(url, options = {}) {
    super();
    this.url = socketAddress(url);
    this.protocol = new StatusProtocol(this.url, { ...DEFAULTS, ...options }, (type, detail) => {
      this.dispatchEvent(new CustomEvent(type, { detail }));
    });
    this.memory = this.protocol.memory;
    this.connection = this.protocol.connection;
    /** @type {(() => void)|undefined} */
    this.unwatch = undefined;
  }

  /** The current state, as in the event `state`. */
  get state() {
    return this.connection.state;
  }

  /** Connect, and stay connected until `close()` or `stop()` is called. */
  start() {
    this.unwatch ??= watchPage({
      changed: (state) => this.protocol.pageChanged(state),
      left: (cached) => this.memory.save(cached),
      restored: () => this.memory.restore(),
    });
    this.reconnect();
  }

  /** Close with code 1000, and remove the listeners for page events. */
  stop() {
    this.unwatch?.();
    this.unwatch = undefined;
    this.close();
  }

  /**
   * Close the connection. It stays closed until `reconnect()` is called.
   *
   * @param {number} [code] 1000 or 3000-4999: browsers let scripts send no other code
   * @param {string} [reason] at most 123 bytes of UTF-8
   * @throws {DOMException} for any other code or a longer reason; the socket is left unchanged
   */
  close(code = 1000, reason = "") {
    this.connection.close(code, reason);
  }

  /** Treat the connection as lost (see `Link.giveUp` for the limits of this), and reconnect. */
  drop() {
    this.connection.giveUp("dropped by the page");
  }

  /** Connect now. An open connection is closed first. */
  reconnect() {
    this.connection.reconnect();
  }

  /**
   * Report the state of the page.
   *
   * @param {string} state at most 32 characters of a-z 0-9 _ -
   * @param {string} [note] at most 200 characters
   * @returns {boolean} whether the report was sent; false if the socket is not open
   */
  status(state, note) {
    return this.protocol.status(state, note);
  }

  /**
   * Ask the server to send a text back, in a `received` message.
   *
   * @param {string} text
   * @returns {boolean} whether the text was sent; false if the socket is not open
   */
  echo(text) {
    return this.send({ type: "echo", text });
  }

  /**
   * @param {import("./wire.js").Frame} frame
   * @returns {boolean} whether the frame was sent; false if the socket is not open
   */
  send(frame) {
    return this.protocol.send(frame);
  }
}
