/** Joins history and the live buckets into one time axis. */

const LIVE_SPAN_S = 900;
const LIVE_BUCKET_S = 10;

/** @typedef {import("./contract.js").BucketRow} BucketRow */
/** @typedef {import("./contract.js").HistoryAnswer} HistoryAnswer */
/** @typedef {import("./contract.js").ProcessMark} ProcessMark */
/** @typedef {import("./sums.js").Values} Values */

/**
 * @typedef {object} View what the charts draw; times are seconds since 1970
 * @property {number} from
 * @property {number} to
 * @property {number} bucket width in seconds
 * @property {number[]} times start of each bucket
 * @property {Map<string, Values>} open by endpoint, at the end of each bucket; null if it is not known
 * @property {Map<string, Values>} closes by cause
 * @property {ProcessMark[]} marks
 */

/**
 * @typedef {object} Rule how live and historical values of one bucket become one value
 * @property {"open"|"closes"} field
 * @property {number|null} unknown the value of a bucket that is in neither
 * @property {(live: number, past: number) => number} choose
 */

/** @type {Rule} */
const OPEN = { field: "open", unknown: null, choose: (live) => live };

/** @type {Rule} The ends of a process that has gone are missing from the live buckets, but not from history. */
const CLOSES = { field: "closes", unknown: 0, choose: Math.max };

export class Timeline {
  /** @type {HistoryAnswer|null} */
  #history = null;
  /** @type {Map<number, BucketRow>} by start */
  #live = new Map();

  /**
   * Set the history.
   *
   * @param {HistoryAnswer} history
   */
  load(history) {
    this.#history = history;
  }

  /** Forget the history: another range will be loaded. */
  clear() {
    this.#history = null;
  }

  /** Forget the live buckets: the feed was interrupted, so the last of them is incomplete. */
  interrupt() {
    this.#live.clear();
  }

  /**
   * Add live buckets. They replace those with the same start.
   *
   * @param {BucketRow[]} buckets
   * @returns {boolean} whether anything has changed
   */
  extend(buckets) {
    const before = this.#latest(buckets.length);
    for (const bucket of buckets) {
      this.#live.set(bucket.t, bucket);
    }
    const newest = Math.max(...this.#live.keys());
    for (const t of this.#live.keys()) {
      if (t <= newest - LIVE_SPAN_S) {
        this.#live.delete(t);
      }
    }
    return before !== this.#latest(buckets.length);
  }

  /**
   * Return what the charts draw; null before the first data.
   *
   * @param {boolean} live whether to add the live buckets to the history
   * @returns {View|null}
   */
  view(live) {
    if (live && (this.#history || this.#live.size)) {
      return this.#liveView();
    }
    return this.#history && pastView(this.#history);
  }

  /** @param {number} length */
  #latest(length) {
    return JSON.stringify([...this.#live.values()].slice(-length));
  }

  /** @returns {View} */
  #liveView() {
    const newest = Math.max(...this.#live.keys(), (this.#history?.to ?? 0) - LIVE_BUCKET_S);
    const from = Math.floor(newest / LIVE_BUCKET_S) * LIVE_BUCKET_S + LIVE_BUCKET_S - LIVE_SPAN_S;
    const times = Array.from({ length: LIVE_SPAN_S / LIVE_BUCKET_S }, (_, i) => from + i * LIVE_BUCKET_S);
    const to = from + LIVE_SPAN_S;
    const marks = (this.#history?.marks ?? []).filter(({ at }) => at >= from && at <= to);
    const [open, closes] = [this.#merge(OPEN, times), this.#merge(CLOSES, times)];
    return { from, to, bucket: LIVE_BUCKET_S, times, open, closes, marks };
  }

  /**
   * Return the values of each name at the given times.
   *
   * @param {Rule} rule
   * @param {number[]} times
   * @returns {Map<string, Values>}
   */
  #merge({ field, unknown, choose }, times) {
    const past = this.#history?.[field] ?? {};
    const index = new Map((this.#history?.times ?? []).map((t, i) => [t, i]));
    const value = (/** @type {string} */ name, /** @type {number} */ t) => {
      const bucket = this.#live.get(t);
      const position = index.get(t);
      const recorded = (position === undefined ? undefined : past[name]?.[position]) ?? 0;
      if (bucket) {
        return choose(bucket[field][name] ?? 0, recorded);
      }
      return position === undefined ? unknown : recorded;
    };
    return new Map(this.#names(field).map((name) => [name, times.map((t) => value(name, t))]));
  }

  /** @param {"open"|"closes"} field */
  #names(field) {
    const live = [...this.#live.values()].flatMap((bucket) => Object.keys(bucket[field]));
    return [...new Set([...Object.keys(this.#history?.[field] ?? {}), ...live])];
  }
}

/**
 * @param {HistoryAnswer} history
 * @returns {View}
 */
function pastView({ from, to, bucket_s: bucket, times, marks, ...data }) {
  const open = new Map(Object.entries(data.open));
  const closes = new Map(Object.entries(data.closes));
  return { from, to, bucket, times, open, closes, marks };
}
