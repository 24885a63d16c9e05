/** Reads the history of the chosen range: at once, soon after something ended, and from time to time. */

import { backoff } from "./feed.js";

export const LIVE_RANGE = "15m";
const LIVE_PERIOD_MS = 15000;
const LONG_PERIOD_MS = 60000;
const THROTTLE_MS = 3000;
const SETTLE_MS = 1000;
const TIMEOUT_MS = 20000;
const RETRY_MS = 3000;

export class History {
  #url; #onRead; #onFailure; #range = LIVE_RANGE; #abort = null; #timer = 0; #due = Infinity;
  #readAt = -Infinity; #failures = 0; #paused = false;

  /**
   * @param {string} url
   * @param {(history: object) => void} onRead
   * @param {(status: number) => void} onFailure gets the HTTP status, 0 where there was no answer
   */
  constructor(url, onRead, onFailure) {
    this.#url = url;
    this.#onRead = onRead;
    this.#onFailure = onFailure;
  }

  /** Read another range, now. */
  show(range) {
    this.#range = range;
    this.#failures = 0;
    this.#planIn(0);
  }

  /** Something has ended: read again, once it had time to reach the database, and not too often. */
  refreshSoon() {
    if (this.#failures || this.#paused) return;
    this.#planIn(Math.max(SETTLE_MS, this.#readAt + THROTTLE_MS - performance.now()), true);
  }

  /** Nobody looks: stop reading until `resume`. */
  pause() {
    this.#paused = true;
    clearTimeout(this.#timer);
  }

  resume() {
    this.#paused = false;
    this.#planIn(0);
  }

  #planIn(ms, onlyIfEarlier = false) {
    const due = performance.now() + ms;
    if (this.#paused || (onlyIfEarlier && due >= this.#due)) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#read(), ms);
  }

  async #read() {
    this.#abort?.abort();
    const abort = (this.#abort = new AbortController());
    this.#due = Infinity;
    this.#readAt = performance.now();
    const { status, history } = await this.#fetch(abort);
    if (abort !== this.#abort) return;
    this.#failures = history ? 0 : this.#failures + 1;
    if (history) this.#onRead(history);
    else this.#onFailure(status);
    const period = this.#range === LIVE_RANGE ? LIVE_PERIOD_MS : LONG_PERIOD_MS;
    this.#planIn(history ? period : RETRY_MS + backoff(this.#failures), true);
  }

  async #fetch(abort) {
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    let status = 0;
    try {
      const url = new URL(this.#url, location.href);
      url.searchParams.set("range", this.#range);
      const answer = await fetch(url, { signal: abort.signal, headers: { Accept: "application/json" } });
      status = answer.status;
      return { status, history: answer.ok ? await answer.json() : null };
    } catch {
      return { status: status === 200 ? 0 : status, history: null };
    } finally {
      clearTimeout(timer);
    }
  }
}
