/** One WebSocket, from handshake to end. It reports its end exactly once, within the given timeouts. */

import { readFrame } from "./wire.js";

/** @typedef {import("./wire.js").Frame} Frame */
/** @typedef {import("./memory.js").End} End */

/**
 * @typedef {object} LinkHandlers
 * @property {() => void} opened the server accepted the connection
 * @property {(frame: Frame) => void} received
 * @property {(end: End) => void} ended the connection closed or failed to open
 */

/**
 * @typedef {object} Timeouts
 * @property {number} openTimeoutMs how long to wait for the opening handshake before it counts as failed
 * @property {number} closeTimeoutMs how long to wait for the server's close frame before the connection counts as lost
 */

export class Link {
  /**
   * @param {string} url
   * @param {string[]} protocols
   * @param {Timeouts} timeouts
   * @param {LinkHandlers} handlers
   */
  constructor(url, protocols, timeouts, handlers) {
    this.timeouts = timeouts;
    this.handlers = handlers;
    /** @type {number|null} time of the accept, in milliseconds of `performance.now()` */
    this.openedAt = null;
    /** @type {{code: number, reason: string}|null} the close frame that this page sent */
    this.sent = null;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.socket = new WebSocket(url, protocols);
    this.socket.addEventListener("open", () => this.opened(), { signal });
    this.socket.addEventListener("message", ({ data }) => handlers.received(readFrame(data)), { signal });
    this.socket.addEventListener("close", (event) => this.closed(event), { signal });
    // Browsers wait for minutes. Closing a socket that is not open yet makes its handshake fail.
    this.timer = setTimeout(() => this.socket.close(), timeouts.openTimeoutMs);
  }

  /** Milliseconds since the socket opened; null if it never opened. */
  get livedMs() {
    return this.openedAt === null ? null : performance.now() - this.openedAt;
  }

  /** @param {Frame} frame */
  send(frame) {
    this.socket.send(JSON.stringify(frame));
  }

  /**
   * Start the close handshake.
   *
   * @param {number} code 1000 or 3000-4999: browsers let scripts send no other code
   * @param {string} reason at most 123 bytes of UTF-8
   * @throws {DOMException} for any other code or a longer reason; the socket is left unchanged
   */
  close(code, reason) {
    this.socket.close(code, reason);
    this.sent = this.openedAt === null ? null : { code, reason };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.giveUp("no answer to close"), this.timeouts.closeTimeoutMs);
  }

  /**
   * Treat the connection as lost, without waiting for the server's answer. A page cannot abort the TCP
   * connection: if the server is still reachable, it receives a close frame without a code.
   *
   * @param {string} reason reported instead of the reason in a close frame
   */
  giveUp(reason) {
    clearTimeout(this.timer);
    this.listening.abort();
    this.socket.close();
    this.handlers.ended({ code: 1006, reason, clean: false }); // the values that browsers report for a lost connection
  }

  opened() {
    clearTimeout(this.timer);
    this.openedAt = performance.now();
    this.handlers.opened();
  }

  /** @param {CloseEvent} event */
  closed({ code, reason, wasClean }) {
    clearTimeout(this.timer);
    this.handlers.ended({ code, reason, clean: wasClean });
  }
}
