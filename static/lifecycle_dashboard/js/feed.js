/** Receives pictures over a WebSocket, and reconnects when it is lost. */

import { Retry } from "../../lifecycle/js/kit/retry.js";
import { now } from "../../lifecycle/js/kit/times.js";
import { VERSION } from "./contract.js";
import { decode } from "./encoding.js";

/** @typedef {import("./contract.js").Picture} Picture */

/**
 * `connecting` is the initial state. `stale`: connected, but no recent picture. `lost`: reconnecting. `denied`: the
 * user may not view the dashboard. `outdated`: the server runs another version. `denied` and `outdated` are final.
 *
 * @typedef {"connecting"|"live"|"stale"|"lost"|"denied"|"outdated"} FeedState
 */

const DENIED = 4403;
const STALE_MS = 5_000;
const DEAD_MS = 15_000;
const WATCH_MS = 1_000;

export class Feed {
  #url;
  #onPicture;
  #onState;
  #retry = new Retry();
  /** @type {WebSocket|null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  #timer = undefined;
  /** @type {FeedState} */
  #state = "connecting";
  /** Unix time in seconds of the last fresh picture. */
  #since = now();
  /** Time of the last fresh picture, or of the start of the attempt, in milliseconds of `performance.now()`. */
  #freshAt = 0;
  /** When the first picture of this connection arrived, on the same clock. @type {number|null} */
  #liveSince = null;
  /** The smallest difference so far between this clock and the time in a picture, in milliseconds. */
  #lag = Infinity;

  /**
   * @param {string} url
   * @param {(picture: Picture) => void} onPicture
   * @param {(state: FeedState, since: number) => void} onState `since` is the time of the last fresh picture
   */
  constructor(url, onPicture, onState) {
    this.#url = url;
    this.#onPicture = onPicture;
    this.#onState = onState;
  }

  start() {
    this.#connect();
    setInterval(() => this.#watch(), WATCH_MS);
    window.addEventListener("online", () => this.#state === "lost" && this.#connectIn(0));
  }

  #connect() {
    this.#drop();
    this.#freshAt = performance.now();
    this.#lag = Infinity;
    this.#liveSince = null;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => (code === DENIED ? this.#stop("denied") : this.#lose());
  }

  /** @param {import("./encoding.js").EncodedPicture} message */
  #receive(message) {
    if (message.type !== "snapshot") {
      return;
    }
    if (message.v !== VERSION) {
      this.#stop("outdated");
      return;
    }
    this.#liveSince ??= performance.now();
    this.#onPicture(decode(message));
    if (this.#isFresh(message)) {
      this.#freshAt = performance.now();
      this.#since = now();
      this.#enter("live");
    }
  }

  /**
   * Return whether a picture arrived without much delay, compared with the fastest picture of this connection. A
   * blocked connection delivers its old pictures late.
   *
   * @param {{at: number}} picture
   */
  #isFresh({ at }) {
    const lag = performance.now() - at * 1000;
    this.#lag = Math.min(this.#lag, lag);
    return lag - this.#lag <= STALE_MS;
  }

  /** Check the time of the last fresh picture, because a socket may be dead although it is open. */
  #watch() {
    if (this.#socket === null) {
      return;
    }
    const age = performance.now() - this.#freshAt;
    if (age > DEAD_MS) {
      this.#lose();
    } else if (age > STALE_MS && this.#state === "live") {
      this.#enter("stale");
    }
  }

  #lose() {
    this.#retry.attemptEnded(this.#liveSince === null ? null : performance.now() - this.#liveSince);
    this.#drop();
    this.#enter("lost");
    this.#connectIn(this.#retry.delayMs());
  }

  /** @param {"denied"|"outdated"} state */
  #stop(state) {
    this.#drop();
    this.#enter(state);
  }

  #drop() {
    if (this.#socket === null) {
      return;
    }
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  /** @param {number} ms */
  #connectIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  /** @param {FeedState} state */
  #enter(state) {
    if (state !== this.#state) {
      this.#state = state;
      this.#onState(state, this.#since);
    }
  }
}
