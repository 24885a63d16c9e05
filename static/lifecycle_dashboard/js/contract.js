/**
 * The data that the server sends to this page: one `Picture` per tick over the socket, which encoding.js decodes, and
 * a `HistoryAnswer` for each request for history. dashboard/contract.py has the same types; a test compares the two. Times are Unix
 * times in seconds.
 */

/** The version of both types and of the encoding. If the server sends a different version, the page must be reloaded. */
export const VERSION = 2;

/**
 * @typedef {object} Picture the message on the socket: all server processes, merged
 * @property {"snapshot"} type
 * @property {number} v
 * @property {number} at
 * @property {number} tick_s seconds between two pictures
 * @property {Trust} trust
 * @property {Totals} totals
 * @property {EndpointRow[]} endpoints by name; of internal endpoints, only refusals
 * @property {ProcessRow[]} processes
 * @property {BucketRow[]} buckets the latest buckets, oldest first
 * @property {EndRow[]} ends newest first
 */

/**
 * @typedef {object} Trust whether the numbers can be trusted
 * @property {number} processes live processes
 * @property {number} silent silent processes
 * @property {number} gone processes that are gone
 * @property {number} spool events that have not been written to the database yet
 * @property {number} dropped events that were lost
 * @property {number|null} last_write null before the first write
 * @property {boolean} writing whether the last write of every live process succeeded
 * @property {boolean} feed whether the snapshots of other processes arrive
 * @property {string[]} [faults] what does not work in any live process; release 0.1 does not send it
 * @property {number} [unstored] refused handshakes without rows; release 0.1 does not send it
 */

/**
 * @typedef {object} Totals the numbers of the tiles; `_s` means per second, `_5m` in the last five minutes
 * @property {number} open
 * @property {number} viewers open connections to internal endpoints, which are dashboard pages
 * @property {number} unconfirmed open connections of silent processes; not included in `open`
 * @property {number} connects_s
 * @property {number} closes_s
 * @property {number} refused_s
 * @property {number} closes_5m
 * @property {number} abnormal_5m
 */

/**
 * @typedef {object} EndpointRow one endpoint over all live processes; counts are since the start of each process
 * @property {string} endpoint
 * @property {number} open
 * @property {number} opened
 * @property {number} closed
 * @property {number} refused
 * @property {number} connects_s
 * @property {number} closes_s
 * @property {number} refused_s
 * @property {number} messages_in
 * @property {number} messages_out
 * @property {number|null} rtt_ms mean round-trip time; null if none was measured
 */

/**
 * @typedef {object} ProcessRow one server process
 * @property {string} id
 * @property {string} host
 * @property {number} pid
 * @property {string} server name and version of the server software; may be empty
 * @property {string} release may be empty
 * @property {number} started
 * @property {number} spool
 * @property {number} dropped
 * @property {number|null} last_write
 * @property {"live"|"silent"|"gone"} state
 * @property {number} heard when its last snapshot arrived
 * @property {number} open
 */

/**
 * @typedef {object} BucketRow the counts of a period of a few seconds
 * @property {number} t start
 * @property {Record<string, number>} open by endpoint, at the end of the bucket
 * @property {Record<string, number>} closes by cause
 */

/**
 * @typedef {object} EndRow one connection that ended, or a refused handshake
 * @property {string} id
 * @property {number} at
 * @property {string} endpoint
 * @property {string} state "closed" or "rejected"
 * @property {number|null} code null for a refused handshake
 * @property {string} cause may be missing from the vocabulary of this page
 * @property {string} initiator
 * @property {number|null} duration_s null for a refused handshake
 */

/**
 * @typedef {object} HistoryAnswer the history of one window
 * @property {number} v
 * @property {string} range
 * @property {number} from
 * @property {number} to
 * @property {number} bucket_s
 * @property {number[]} times start of each bucket
 * @property {number} since rollups exist since this Unix time; 0 if there are none
 * @property {number} age_s time since the history was computed
 * @property {Record<string, number[]>} open by endpoint, at the end of each bucket
 * @property {Record<string, number[]>} closes by cause, in each bucket
 * @property {ProcessMark[]} marks oldest first
 * @property {EndGroup[]} ends largest group first
 * @property {Peak} peak
 * @property {Distribution} durations
 * @property {Distribution} silences the time without traffic before the end
 * @property {Distribution} handshakes
 * @property {PreviousWindow|null} previous null if it was not requested
 * @property {RecordSize} record
 */

/**
 * @typedef {object} Peak the highest number of open connections
 * @property {number} open
 * @property {number} at start of the period in which it was reached
 */

/**
 * @typedef {object} Distribution a histogram of seconds without its empty buckets
 * @property {SecondsBucket[]} buckets
 * @property {number} count
 * @property {number|null} p50 null without observations
 * @property {number|null} p95
 * @property {number|null} p99
 */

/**
 * @typedef {object} SecondsBucket
 * @property {number} lower
 * @property {number|null} upper null for the last bucket
 * @property {number} count
 */

/**
 * @typedef {object} PreviousWindow the totals of the window before, in each bucket
 * @property {number[]} open
 * @property {number[]} closes
 */

/**
 * @typedef {object} RecordSize how far back the record reaches, how large it is and how fast it grows
 * @property {number|null} rows_since
 * @property {number|null} rollups_since
 * @property {number|null} bytes
 * @property {number|null} bytes_per_day
 * @property {number|null} full_in_days when the disk will be full; null if not known
 */

/**
 * @typedef {object} ProcessMark the start or the end of a server process
 * @property {number} at
 * @property {"start"|"stop"|"lost"} kind
 * @property {string} process
 * @property {string} release may be empty
 */

/**
 * @typedef {object} EndGroup all ends in a range with the same code, cause and state
 * @property {number|null} code
 * @property {number|null} refusal the code with which the application refused; the client received only HTTP 403
 * @property {string} cause may be missing from the vocabulary of this page
 * @property {string} initiator
 * @property {string} state
 * @property {number} count
 * @property {number} share the group's share of all ends in the range, 0 to 1
 * @property {boolean} abnormal
 */
