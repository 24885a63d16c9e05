/** One time axis out of history and the live buckets. No DOM here. */

const LIVE_SPAN_S = 900;
const LIVE_BUCKET_S = 10;

/**
 * @typedef {object} View what the charts draw
 * @property {number} from epoch seconds
 * @property {number} to
 * @property {number} bucket width in seconds
 * @property {number[]} times starts of the buckets
 * @property {Map<string, (number|null)[]>} open by endpoint, at the end of each bucket; null where nobody knows
 * @property {Map<string, number[]>} closes by cause
 * @property {{at: number, kind: string, process: string, release: string}[]} marks
 */

/** A level is what was said last. */
const latest = (live) => live;

/** A count only grows: a process that has gone takes its ends out of the live buckets, but not out of history. */
const larger = (live, past) => Math.max(live, past);

/** Sum of the numbers, nulls left out. @param {(number|null)[]} values */
export const sum = (values) => values.reduce((total, value) => total + (value ?? 0), 0);

export class Timeline {
  #history = null;
  #live = new Map();

  /** Take another reading of history. */
  load(history) {
    this.#history = history;
  }

  /** Forget the history: another range is on its way. */
  clear() {
    this.#history = null;
  }

  /** Forget the live buckets: the feed was away, and the last of them was cut short. */
  interrupt() {
    this.#live.clear();
  }

  /**
   * Take the live buckets of a snapshot; they replace those of the same time.
   * @returns {boolean} whether anything is new
   */
  extend(buckets) {
    const before = JSON.stringify([...this.#live.values()].slice(-buckets.length));
    for (const bucket of buckets) this.#live.set(bucket.t, bucket);
    const newest = Math.max(...this.#live.keys());
    for (const t of this.#live.keys()) if (t <= newest - LIVE_SPAN_S) this.#live.delete(t);
    return before !== JSON.stringify([...this.#live.values()].slice(-buckets.length));
  }

  /** @param {boolean} live whether the live buckets go on top @returns {View|null} */
  view(live) {
    if (live && (this.#history || this.#live.size)) return this.#liveView();
    return this.#history && this.#pastView();
  }

  #pastView() {
    const { from, to, bucket_s: bucket, times, marks } = this.#history;
    const open = new Map(Object.entries(this.#history.open));
    const closes = new Map(Object.entries(this.#history.closes));
    return { from, to, bucket, times, open, closes, marks };
  }

  #liveView() {
    const newest = Math.max(...this.#live.keys(), (this.#history?.to ?? 0) - LIVE_BUCKET_S);
    const start = Math.floor(newest / LIVE_BUCKET_S) * LIVE_BUCKET_S + LIVE_BUCKET_S - LIVE_SPAN_S;
    const times = Array.from({ length: LIVE_SPAN_S / LIVE_BUCKET_S }, (_, i) => start + i * LIVE_BUCKET_S);
    const to = start + LIVE_SPAN_S;
    const marks = (this.#history?.marks ?? []).filter(({ at }) => at >= start && at <= to);
    const open = this.#merge("open", times, null, latest);
    const closes = this.#merge("closes", times, 0, larger);
    return { from: start, to, bucket: LIVE_BUCKET_S, times, open, closes, marks };
  }

  /** Values by name and time: live and history as `choose` says, else history, else `unknown`. */
  #merge(field, times, unknown, choose) {
    const past = this.#history?.[field] ?? {};
    const index = new Map((this.#history?.times ?? []).map((t, i) => [t, i]));
    const names = new Set([...Object.keys(past), ...[...this.#live.values()].flatMap((b) => Object.keys(b[field]))]);
    const at = (name) => (t) => {
      const bucket = this.#live.get(t);
      const known = past[name]?.[index.get(t)] ?? 0;
      if (bucket) return choose(bucket[field][name] ?? 0, known);
      return index.has(t) ? known : unknown;
    };
    return new Map([...names].map((name) => [name, times.map(at(name))]));
  }
}
