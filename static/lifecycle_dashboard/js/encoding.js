/**
 * Decodes the messages on the socket: a `Picture` in columns. dashboard/live/encoding.py encodes it and describes the
 * format; a test decodes its messages with this module.
 */

/** @typedef {import("./contract.js").Picture} Picture */
/** @typedef {import("./contract.js").BucketRow} BucketRow */
/** @typedef {Record<string, any[]>} Columns one list for each field of the rows of a table */

/**
 * @typedef {object} EncodedBuckets the latest buckets, oldest first
 * @property {number[]} t start of each bucket
 * @property {number[][]} open positions of the names in `texts`, then one list of counts for each bucket
 * @property {number[][]} closes the same for closes
 */

/**
 * @typedef {object} Encoded the fields of a message that differ from those of a `Picture`
 * @property {number} base Unix time in seconds, to which the times in columns are relative
 * @property {string[]} texts the texts that columns refer to
 * @property {Columns} endpoints
 * @property {Columns} processes
 * @property {Columns} ends
 * @property {EncodedBuckets} buckets
 */

/** @typedef {Omit<Picture, "endpoints"|"processes"|"ends"|"buckets"> & Encoded} EncodedPicture */

const TEXTS = new Set(["endpoint", "host", "server", "release", "state", "cause", "initiator"]);
const TENTHS = new Set(["connects_s", "closes_s", "refused_s", "rtt_ms"]);
const MILLISECONDS = new Set(["duration_s"]);
const TIMES = new Set(["started", "last_write", "heard", "at"]);

/**
 * Return the picture in a message.
 *
 * @param {EncodedPicture} message
 * @returns {Picture}
 */
export function decode({ base, texts, endpoints, processes, ends, buckets, ...same }) {
  const rows = (/** @type {Columns} */ columns) => rowsOf(columns, base, texts);
  return {
    ...same,
    endpoints: rows(endpoints),
    processes: rows(processes),
    ends: rows(ends),
    buckets: bucketsOf(buckets, texts),
  };
}

/**
 * Return the rows of a table.
 *
 * @param {Columns} columns
 * @param {number} base
 * @param {string[]} texts
 * @returns {any[]} rows of the type that contract.js defines for the table
 */
function rowsOf(columns, base, texts) {
  const fields = Object.entries(columns).map(([field, values]) => {
    const value = valueOf(field, base, texts);
    return { field, values: values.map((encoded) => (encoded === null ? null : value(encoded))) };
  });
  const count = fields[0]?.values.length ?? 0;
  return Array.from({ length: count }, (_, i) => {
    return Object.fromEntries(fields.map(({ field, values }) => [field, values[i]]));
  });
}

/**
 * Return the function that decodes the values of a column.
 *
 * @param {string} field
 * @param {number} base
 * @param {string[]} texts
 * @returns {(encoded: any) => any}
 */
function valueOf(field, base, texts) {
  if (TEXTS.has(field)) {
    return (position) => texts[position];
  }
  if (TENTHS.has(field)) {
    return (tenths) => tenths / 10;
  }
  if (MILLISECONDS.has(field)) {
    return (ms) => ms / 1000;
  }
  return TIMES.has(field) ? (ms) => base + ms / 1000 : (plain) => plain;
}

/**
 * @param {EncodedBuckets} buckets
 * @param {string[]} texts
 * @returns {BucketRow[]}
 */
function bucketsOf({ t, open, closes }, texts) {
  return t.map((at, i) => ({ t: at, open: countsOf(open, i, texts), closes: countsOf(closes, i, texts) }));
}

/**
 * Return the counts of one bucket by name. Names with the count 0 are left out.
 *
 * @param {number[][]} columns
 * @param {number} bucket
 * @param {string[]} texts
 */
function countsOf([names, ...counts], bucket, texts) {
  const entries = names.map((name, i) => /** @type {[string, number]} */ ([texts[name], counts[bucket][i]]));
  return Object.fromEntries(entries.filter(([, count]) => count));
}
