/**
 * How long to wait before the next attempt: exponential back-off with full jitter, so that the clients of a
 * server that restarts do not all come back in the same second.
 */

const BASE_MS = 1_000;
const CAP_MS = 30_000;
const LASTING_MS = 5_000; // an attempt that lasted this long counts as a success
const MANY_REFUSALS = 5; // after this many in a row there is no hurry: the server is down, or refuses

export class Retry {
  /**
   * @param {number} [baseMs] the longest wait before the first retry
   * @param {number} [capMs] the longest wait before any retry
   * @param {() => number} [random] returns a number from 0 to 1
   */
  constructor(baseMs = BASE_MS, capMs = CAP_MS, random = Math.random) {
    this.baseMs = baseMs;
    this.capMs = capMs;
    this.random = random;
    /** The number of the next retry, from 1. */
    this.attempt = 1;
    /** Attempts in a row that never opened. */
    this.refusals = 0;
  }

  /** Count a success: the next retry is the first one again. */
  reset() {
    this.attempt = 1;
    this.refusals = 0;
  }

  /**
   * Count an attempt that is over.
   *
   * @param {number|null} livedMs how long the connection was open; null if it never opened
   */
  over(livedMs) {
    if (livedMs !== null && livedMs >= LASTING_MS) {
      this.reset();
      return;
    }
    this.attempt += 1;
    this.refusals = livedMs === null ? this.refusals + 1 : 0;
  }

  /**
   * Return how many milliseconds to wait before the next attempt.
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
