/**
 * Ping and pong over an open socket: how long a round trip takes, and whether anybody is still there.
 *
 * A browser may notice a lost network only minutes later, and gives scripts no protocol pings.
 */

const DEFAULT_INTERVAL_MS = 15_000;
const HIDDEN_FACTOR = 3; // nobody looks: enough to keep proxies from hanging up
const LATE_MS = 1000; // a timer this late ran in a page that slept, or is throttled

/**
 * @typedef {object} Handlers
 * @property {(frame: {type: "ping", n: number, rtt_ms?: number}) => void} ping send this
 * @property {(ms: number) => void} rtt a pong came back
 * @property {() => void} dead pongs stay away
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
    /** @type {number|undefined} of the last pong */
    this.rttMs = undefined;
    /** @type {number|undefined} */
    this.timer = undefined;
  }

  /**
   * Ping now, and from now on once an interval.
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

  /** Ping at once, as when the page is shown again or the network is back. */
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
   * Take a pong; one for an earlier ping says nothing of this one.
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
    const pace = document.hidden ? HIDDEN_FACTOR : 1;
    this.timer = setTimeout(() => this.beat(), pace * this.intervalMs);
  }

  /** Call the socket dead, unless it was the page that slept: then ask again. */
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
