/** Requests the history of the chosen range: when it is chosen, soon after connections end, and periodically. */

import { Retry } from "../../lifecycle/js/kit/retry.js";
import { isLive, LIVE_RANGE, writeChoice } from "./choice.js";

/** @typedef {import("./choice.js").Choice} Choice */
/** @typedef {import("./contract.js").HistoryAnswer} HistoryAnswer */

const LIVE_PERIOD_MS = 15_000;
const LONG_PERIOD_MS = 60_000;
const THROTTLE_MS = 3_000;
const SETTLE_MS = 1_000;
const TIMEOUT_MS = 20_000;
const RETRY_MS = 3_000;

export class History {
  #url;
  #onRead;
  #onFailure;
  /** @type {Choice} */
  #choice = { range: LIVE_RANGE, from: 0, to: 0, compare: false };
  #retry = new Retry();
  #paused = false;
  #readAt = -Infinity;
  #due = Infinity;
  /** @type {AbortController|null} */
  #abort = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer = undefined;

  /**
   * @param {string} url
   * @param {(history: HistoryAnswer) => void} onRead
   * @param {(status: number) => void} onFailure called with the HTTP status; 0 if there was no answer
   */
  constructor(url, onRead, onFailure) {
    this.#url = url;
    this.#onRead = onRead;
    this.#onFailure = onFailure;
  }

  /**
   * Choose a range or a window and request it now.
   *
   * @param {Choice} choice
   */
  show(choice) {
    this.#choice = choice;
    this.#retry.reset();
    this.#planIn(0);
  }

  /**
   * Request the history again after a short delay, because connections have ended. The server needs this time to
   * write them to the database. The delay also limits the rate of requests.
   */
  refreshSoon() {
    if (this.#choice.range && this.#retry.refusals === 0 && !this.#paused) {
      this.#planIn(Math.max(SETTLE_MS, this.#readAt + THROTTLE_MS - performance.now()), true);
    }
  }

  /** Send no requests until `resume()` is called, because the page is hidden. */
  pause() {
    this.#paused = true;
    clearTimeout(this.#timer);
  }

  resume() {
    this.#paused = false;
    this.#planIn(0);
  }

  /**
   * @param {number} ms
   * @param {boolean} [onlyIfEarlier] keep the request that is already planned, if it is due earlier
   */
  #planIn(ms, onlyIfEarlier = false) {
    const due = performance.now() + ms;
    if (this.#paused || (onlyIfEarlier && due >= this.#due)) {
      return;
    }
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#read(), ms);
  }

  async #read() {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    this.#due = Infinity;
    this.#readAt = performance.now();
    const url = new URL(this.#url, location.href);
    url.search = writeChoice(this.#choice);
    const { status, history } = await fetchHistory(url, abort);
    if (abort !== this.#abort) {
      return; // a newer request has replaced this one
    }
    if (history) {
      this.#succeed(history);
    } else {
      this.#fail(status);
    }
  }

  /** @param {HistoryAnswer} history */
  #succeed(history) {
    this.#retry.reset();
    this.#onRead(history);
    if (this.#choice.range) {
      this.#planIn(isLive(this.#choice) ? LIVE_PERIOD_MS : LONG_PERIOD_MS, true);
    }
  }

  /** @param {number} status */
  #fail(status) {
    this.#retry.attemptEnded(null);
    this.#onFailure(status);
    this.#planIn(RETRY_MS + this.#retry.delayMs(), true);
  }
}

/**
 * Request the history; `history` is null if the request failed.
 *
 * @param {URL} url
 * @param {AbortController} abort
 * @returns {Promise<{status: number, history: HistoryAnswer|null}>} `status` is 0 without a complete answer
 */
async function fetchHistory(url, abort) {
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const answer = await fetch(url, { signal: abort.signal, headers: { Accept: "application/json" } });
    return { status: answer.status, history: answer.ok ? await answer.json() : null };
  } catch {
    return { status: 0, history: null };
  } finally {
    clearTimeout(timer);
  }
}
