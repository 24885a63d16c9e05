/**
 * Ping and pong over an open socket: measures the round trip, and notices a dead connection.
 *
 * A browser may notice a lost network only after minutes, and gives scripts no access to protocol pings.
 */

const DEFAULT_INTERVAL_MS = 15_000;
const HIDDEN_FACTOR = 3; // a hidden page pings less often, but often enough for the idle timeouts of proxies
const LATE_MS = 1000; // a timer this late belongs to a page that was asleep or throttled

/**
 * @typedef {object} Handlers
 * @property {(frame: {type: "ping", n: number, rtt_ms?: number}) => void} ping called with a frame to send
 * @property {(ms: number) => void} rtt called for each pong
 * @property {() => void} dead called if a pong does not come in time
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

  /** Ping at once, for example because the page is visible again or the network is back. */
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
   * Handle a pong. A pong for an earlier ping is ignored.
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

  /** Report the connection as dead, unless the page was asleep: then ping again. */
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
