/** One WebSocket from the handshake to its end, which comes exactly once and in bounded time. */

import { readFrame } from "./wire.js";

/** @typedef {import("./wire.js").Frame} Frame */
/** @typedef {import("./memory.js").End} End */

/**
 * @typedef {object} LinkHandlers
 * @property {() => void} opened the server accepted
 * @property {(frame: Frame) => void} received
 * @property {(end: End) => void} ended it closed, or never opened
 */

/**
 * @typedef {object} Patience
 * @property {number} openTimeoutMs without an answer for so long, the handshake has failed
 * @property {number} closeTimeoutMs without an answer for so long, the close handshake has failed
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
    /** @type {number|null} on the page's clock */
    this.openedAt = null;
    /** @type {{code: number, reason: string}|null} the close that this side sent */
    this.sent = null;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.socket = new WebSocket(url, protocols);
    this.socket.addEventListener("open", () => this.opened(), { signal });
    this.socket.addEventListener("message", ({ data }) => handlers.received(readFrame(data)), { signal });
    this.socket.addEventListener("close", (event) => this.closed(event), { signal });
    // The browser's own patience is minutes. Closing a socket that never opened makes it fail.
    this.timer = setTimeout(() => this.socket.close(), patience.openTimeoutMs);
  }

  /** Milliseconds since it opened; null where it never did. */
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
   * @param {number} code 1000 or 3000-4999: a browser takes no other from a script
   * @param {string} reason at most 123 bytes of UTF-8
   * @throws {DOMException} for another code or a longer reason; the socket then stays as it was
   */
  close(code, reason) {
    this.socket.close(code, reason);
    this.sent = this.openedAt === null ? null : { code, reason };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.letGo("no answer to close"), this.patience.closeTimeoutMs);
  }

  /**
   * Count the connection as lost, without waiting for the server's answer. A page cannot cut the wire:
   * a server that is still there gets a close frame without a code.
   *
   * @param {string} reason why, in the place of the reason that no close frame gave
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
