/**
 * Pings the server over an open socket to measure the round-trip time and to detect a dead connection.
 *
 * Browsers may need minutes to detect a lost network, and they give scripts no access to WebSocket ping frames.
 */

const DEFAULT_INTERVAL_MS = 15_000;
const HIDDEN_FACTOR = 3; // hidden pages ping less often, but still within the idle timeouts of proxies
const LATE_MS = 1000; // a timer that fires this late means that the page was asleep or throttled

/**
 * @typedef {object} Handlers
 * @property {(frame: {type: "ping", n: number, rtt_ms?: number}) => void} ping called with a ping frame to send
 * @property {(ms: number) => void} rtt called with the round-trip time of each pong
 * @property {() => void} dead called if a pong does not arrive in time
 */

export class Heartbeat {
  /**
   * @param {number} timeoutMs how long to wait for a pong
   * @param {Handlers} handlers
   */
  constructor(timeoutMs, handlers) {
    this.timeoutMs = timeoutMs;
    this.handlers = handlers;
    this.intervalMs = DEFAULT_INTERVAL_MS;
    this.running = false;
    this.n = 0;
    this.sentAt = 0;
    this.awaiting = false;
    /** @type {number|undefined} round-trip time of the last pong */
    this.rttMs = undefined;
    /** @type {ReturnType<typeof setTimeout>|undefined} */
    this.timer = undefined;
  }

  /**
   * Ping now, and then once per interval.
   *
   * @param {number} intervalMs
   */
  start(intervalMs) {
    this.intervalMs = intervalMs || DEFAULT_INTERVAL_MS;
    this.running = true;
    this.rttMs = undefined;
    this.beat();
  }

  stop() {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Ping now, for example because the page became visible or the network returned. */
  beat() {
    if (!this.running) {
      return;
    }
    clearTimeout(this.timer);
    this.n += 1;
    this.awaiting = true;
    this.sentAt = performance.now();
    this.handlers.ping({ type: "ping", n: this.n, rtt_ms: this.rttMs });
    this.timer = setTimeout(() => this.missed(), this.timeoutMs);
  }

  /**
   * Handle a pong. Pongs for earlier pings are ignored.
   *
   * @param {number} n
   */
  pong(n) {
    if (!this.running || !this.awaiting || n !== this.n) {
      return;
    }
    clearTimeout(this.timer);
    this.awaiting = false;
    this.rttMs = Math.round((performance.now() - this.sentAt) * 10) / 10;
    this.handlers.rtt(this.rttMs);
    const factor = document.hidden ? HIDDEN_FACTOR : 1;
    this.timer = setTimeout(() => this.beat(), factor * this.intervalMs);
  }

  /** Report the connection as dead. If the page is hidden or was asleep, ping again instead. */
  missed() {
    const late = performance.now() - this.sentAt - this.timeoutMs;
    if (document.hidden || late > LATE_MS) {
      this.beat();
    } else {
      this.stop();
      this.handlers.dead();
    }
  }
}
