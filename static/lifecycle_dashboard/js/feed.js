/** The feed of snapshots: a WebSocket that comes back by itself. */

const VERSION = 1;
const DENIED = 4403;
const STALE_S = 5;
const DEAD_S = 15;
const BACKOFF_BASE_MS = 1000;
const BACKOFF_CAP_MS = 30000;

/**
 * How long to wait before an attempt: exponential, with full jitter, so that the pages which lost the same
 * server do not all come back at once.
 * @param {number} attempt from 0
 */
export function backoff(attempt) {
  return Math.random() * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** attempt);
}

/** @returns {number} seconds that never jump, unlike the clock on the wall */
const steady = () => performance.now() / 1000;

/**
 * States: `connecting` (at first), `live`, `stale` (open, but no fresh snapshot), `lost` (reconnecting),
 * `denied` and `outdated` (both for good). `since` is the epoch second of the last good snapshot.
 */
export class Feed {
  #url; #onSnapshot; #onState; #socket = null; #timer = 0; #attempt = 0; #heard = 0; #lag = Infinity;
  #state = "connecting"; #since = Date.now() / 1000;

  /**
   * @param {string} url
   * @param {(snapshot: object) => void} onSnapshot
   * @param {(state: string, since: number) => void} onState
   */
  constructor(url, onSnapshot, onState) {
    this.#url = url;
    this.#onSnapshot = onSnapshot;
    this.#onState = onState;
  }

  start() {
    this.#connect();
    setInterval(() => this.#watch(), 1000);
    window.addEventListener("online", () => this.#state === "lost" && this.#retryIn(0));
  }

  #connect() {
    this.#heard = steady();
    this.#lag = Infinity;
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => (code === DENIED ? this.#stop("denied") : this.#lose());
  }

  #receive(snapshot) {
    if (snapshot.type !== "snapshot") return;
    if (snapshot.v !== VERSION) return this.#stop("outdated");
    const lag = steady() - snapshot.at;
    this.#lag = Math.min(this.#lag, lag);
    this.#attempt = 0;
    this.#onSnapshot(snapshot);
    if (lag - this.#lag > STALE_S) return;
    this.#heard = steady();
    this.#since = Date.now() / 1000;
    this.#enter("live");
  }

  /** A socket can be open and dead: what counts is when it last said something fresh. */
  #watch() {
    if (this.#socket === null) return;
    const age = steady() - this.#heard;
    if (age > DEAD_S) this.#lose();
    else if (age > STALE_S && this.#state === "live") this.#enter("stale");
  }

  #lose() {
    this.#drop();
    this.#enter("lost");
    this.#retryIn(backoff(this.#attempt++));
  }

  #stop(state) {
    this.#drop();
    this.#enter(state);
  }

  #drop() {
    if (this.#socket === null) return;
    this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close();
    this.#socket = null;
  }

  #retryIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), ms);
  }

  #enter(state) {
    if (state === this.#state) return;
    this.#state = state;
    this.#onState(state, this.#since);
  }
}
