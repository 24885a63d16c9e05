/**
 * How long to wait before the next try: exponential backoff with full jitter, so that the clients of a
 * server that restarts do not all come back in the same second.
 */

const LASTING_MS = 5000; // a connection that lived so long was no failed try
const MANY_REFUSALS = 5; // after so many in a row there is no hurry: the server is down, or says no

export class Retry {
  /**
   * @param {number} baseMs the longest wait before the first retry
   * @param {number} capMs the longest wait of all
   * @param {() => number} [random] from 0 to 1
   */
  constructor(baseMs, capMs, random = Math.random) {
    this.baseMs = baseMs;
    this.capMs = capMs;
    this.random = random;
    /** The retry to come, from 1. */
    this.attempt = 1;
    /** Tries in a row that never opened. */
    this.refusals = 0;
  }

  /**
   * Count a try that is over.
   *
   * @param {number|null} livedMs how long the connection was open; null where it never was
   */
  over(livedMs) {
    this.refusals = livedMs === null ? this.refusals + 1 : 0;
    this.attempt = livedMs !== null && livedMs >= LASTING_MS ? 1 : this.attempt + 1;
  }

  /**
   * Return the milliseconds to wait before the next try.
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
