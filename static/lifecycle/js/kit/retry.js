/**
 * Computes the delay before the next attempt: exponential back-off with full jitter. The jitter keeps the clients
 * of a restarted server from all reconnecting in the same second.
 */

const BASE_MS = 1_000;
const CAP_MS = 30_000;
const SUCCESS_MS = 5_000; // a connection that was open for this long counts as a success
const MANY_REFUSALS = 5; // after this many in a row, the server is down or refuses: no short delays any more

export class Retry {
  /**
   * @param {number} [baseMs] the longest delay after a success; each failed attempt doubles it
   * @param {number} [capMs] the longest delay before any retry
   * @param {() => number} [random] returns a number from 0 to 1
   */
  constructor(baseMs = BASE_MS, capMs = CAP_MS, random = Math.random) {
    this.baseMs = baseMs;
    this.capMs = capMs;
    this.random = random;
    /** The number of the next retry, from 1. */
    this.attempt = 1;
    /** The number of attempts in a row that never opened. */
    this.refusals = 0;
  }

  /** Record a success: start again with the shortest delay. */
  reset() {
    this.attempt = 1;
    this.refusals = 0;
  }

  /**
   * Record the end of an attempt.
   *
   * @param {number|null} livedMs how long the connection was open; null if it never opened
   */
  attemptEnded(livedMs) {
    if (livedMs !== null && livedMs >= SUCCESS_MS) {
      this.reset();
      return;
    }
    this.attempt += 1;
    this.refusals = livedMs === null ? this.refusals + 1 : 0;
  }

  /**
   * Return a random delay before the next attempt, in milliseconds.
   *
   * @returns {number}
   */
  delayMs() {
    if (this.refusals >= MANY_REFUSALS) {
      return (this.capMs / 2) * (1 + this.random());
    }
    return Math.min(this.capMs, this.baseMs * 2 ** (this.attempt - 1)) * this.random();
  }
}
