/** Combines history and live buckets on one time axis. */

const LIVE_SPAN_S = 900;
const LIVE_BUCKET_S = 10;

/** @typedef {import("./contract.js").BucketRow} BucketRow */
/** @typedef {import("./contract.js").HistoryAnswer} HistoryAnswer */
/** @typedef {import("./contract.js").ProcessMark} ProcessMark */
/** @typedef {import("./sums.js").Values} Values */

/**
 * @typedef {object} View the data of the charts; times are Unix times in seconds
 * @property {number} from
 * @property {number} to
 * @property {number} bucket width in seconds
 * @property {number[]} times start of each bucket
 * @property {Map<string, Values>} open open connections at the end of each bucket, by endpoint
 * @property {Map<string, Values>} closes closes in each bucket, by cause
 * @property {ProcessMark[]} marks
 * @property {import("./contract.js").Peak|null} peak
 * @property {import("./contract.js").PreviousWindow|null} previous
 */

/**
 * @typedef {object} Rule how to combine the live and the recorded value of a bucket
 * @property {"open"|"closes"} field
 * @property {number|null} unknown the value of a bucket that has neither
 * @property {(live: number, past: number) => number} choose returns the value of a bucket that has both
 */

/** @type {Rule} */
const OPEN = { field: "open", unknown: null, choose: (live) => live };

/** @type {Rule} The live buckets lack the ends of processes that have gone; the history has them. */
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

  /** Remove the history, before another range is loaded. */
  clear() {
    this.#history = null;
  }

  /** Remove the live buckets. The feed was interrupted, so the last bucket is incomplete. */
  interrupt() {
    this.#live.clear();
  }

  /**
   * Add live buckets. A bucket replaces an earlier one with the same start.
   *
   * @param {BucketRow[]} buckets
   * @returns {boolean} whether any bucket has changed
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
   * Return the data of the charts; null before any data has arrived.
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
    const { peak = null, previous = null } = this.#history ?? {};
    return { from, to, bucket: LIVE_BUCKET_S, times, open, closes, marks, peak, previous };
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
function pastView({ from, to, bucket_s: bucket, times, marks, peak, previous, ...data }) {
  const open = new Map(Object.entries(data.open));
  const closes = new Map(Object.entries(data.closes));
  return { from, to, bucket, times, open, closes, marks, peak, previous };
}
