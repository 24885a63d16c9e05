/** One WebSocket. It reports its end exactly once, and in bounded time. */

import { readFrame } from "./wire.js";

/** @typedef {import("./wire.js").Frame} Frame */
/** @typedef {import("./memory.js").End} End */

/**
 * @typedef {object} LinkHandlers
 * @property {() => void} opened the server accepted
 * @property {(frame: Frame) => void} received
 * @property {(end: End) => void} ended it closed, or failed to open
 */

/**
 * @typedef {object} Patience
 * @property {number} openTimeoutMs the handshake has failed if there is no answer for this long
 * @property {number} closeTimeoutMs the close handshake has failed if there is no answer for this long
 */

export class Link {
  /**
   * @param {string} url
   * @param {string[]} protocols
   * @param {Patience} patience
   * @param {LinkHandlers} handlers
   */
  constructor(url, protocols, patience, handlers) {
    this.patience = patience;
    this.handlers = handlers;
    /** @type {number|null} in milliseconds of `performance.now()` */
    this.openedAt = null;
    /** @type {{code: number, reason: string}|null} the close that this side sent */
    this.sent = null;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.socket = new WebSocket(url, protocols);
    this.socket.addEventListener("open", () => this.opened(), { signal });
    this.socket.addEventListener("message", ({ data }) => handlers.received(readFrame(data)), { signal });
    this.socket.addEventListener("close", (event) => this.closed(event), { signal });
    // A browser waits for minutes. Closing a socket that is not open yet makes its handshake fail.
    this.timer = setTimeout(() => this.socket.close(), patience.openTimeoutMs);
  }

  /** Milliseconds since it opened; null if it never opened. */
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
   * @throws {DOMException} for another code or a longer reason; the socket stays as it was
   */
  close(code, reason) {
    this.socket.close(code, reason);
    this.sent = this.openedAt === null ? null : { code, reason };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.letGo("no answer to close"), this.patience.closeTimeoutMs);
  }

  /**
   * Treat the connection as lost, without waiting for the server's answer. A page cannot break a TCP
   * connection: a server that is still reachable gets a close frame without a code.
   *
   * @param {string} reason reported in place of the reason of a close frame
   */
  letGo(reason) {
    clearTimeout(this.timer);
    this.listening.abort();
    this.socket.close();
    this.handlers.ended({ code: 1006, reason, clean: false }); // as a browser reports a lost connection
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
