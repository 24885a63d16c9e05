"""Types of the data that the page receives, and of the snapshots that server processes exchange.

``static/lifecycle_dashboard/js/contract.js`` defines the types of the page in JSDoc, and
``tests/dashboard/test_contract.py`` checks that both files agree. Times are Unix times in seconds.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

#: The version of ``Picture``, of its encoding and of ``HistoryAnswer``. A page of another version asks the user to
#: reload it.
VERSION = 2
#: How many of the latest ends each process publishes, and how many the page lists.
LATEST_ENDS = 12
#: The period of the fields ``closes_5m`` and ``abnormal_5m``, in seconds.
RECENT_SECONDS = 300

ProcessState = Literal["live", "silent", "gone"]
MarkKind = Literal["start", "stop", "lost"]


class BucketRow(TypedDict):
    """The counts of a period of a few seconds.

    ``t`` is the start of the period. ``open`` contains the number of connections that are open when the period
    ends, by endpoint. ``closes`` contains the number of connections that ended during the period, by cause.
    """

    t: int
    open: dict[str, int]
    closes: dict[str, int]


class EndRow(TypedDict):
    """The end of one connection, or a refused handshake. A refused handshake has no code and no duration."""

    id: str
    at: float
    endpoint: str
    state: str
    code: int | None
    cause: str
    initiator: str
    duration_s: float | None


class RecentEnds(TypedDict):
    """The connections that ended recently.

    ``closes_5m`` counts the connections that ended in the last five minutes, and ``abnormal_5m`` counts those with
    an abnormal cause. ``ends`` contains the latest ends, newest first.
    """

    closes_5m: int
    abnormal_5m: int
    ends: list[EndRow]


class EndpointNumbers(TypedDict):
    """The counts of one endpoint since the start of the process, and its rates per second.

    ``rtt_ms`` is the mean round-trip time in milliseconds, or ``None`` if none was measured.
    """

    open: int
    opened: int
    closed: int
    refused: int
    connects_s: float
    closes_s: float
    refused_s: float
    messages_in: int
    messages_out: int
    rtt_ms: float | None


class PublishedEndpoint(EndpointNumbers):
    """The counts of one endpoint as a process publishes them."""

    #: Whether the endpoint is internal. The name cannot change: release 0.1 fails if the field is missing.
    apart: bool


class ProcessSnapshot(RecentEnds):
    """The message that each process publishes once per tick.

    During a rolling upgrade, processes of different releases exchange snapshots. Therefore a field that an older
    release reads must keep its name and type.
    """

    id: str
    host: str
    pid: int
    server: str
    release: str
    started: float
    at: float
    stopping: bool
    spool: int
    dropped: int
    last_write: float | None
    writing: bool
    #: What does not work in the process; see ``lifecycle/server/faults.py``. Release 0.1 does not send it.
    faults: NotRequired[list[str]]
    #: The number of refused handshakes without rows since the start of the process. Release 0.1 does not send it.
    unstored: NotRequired[int]
    endpoints: dict[str, PublishedEndpoint]
    buckets: list[BucketRow]


class EndpointRow(EndpointNumbers):
    """The counts of one endpoint over all live processes."""

    endpoint: str


class ProcessRow(TypedDict):
    """One server process. ``heard`` is the time when its last snapshot arrived."""

    id: str
    host: str
    pid: int
    server: str
    release: str
    started: float
    spool: int
    dropped: int
    last_write: float | None
    state: ProcessState
    heard: float
    open: int


class Trust(TypedDict):
    """Facts that show whether the numbers can be trusted.

    ``processes``, ``silent`` and ``gone`` count the processes in each state. ``spool`` counts the events that have
    not been written to the database yet, and ``dropped`` counts the events that were lost.
    """

    processes: int
    silent: int
    gone: int
    spool: int
    dropped: int
    last_write: float | None
    #: Whether the last database write of every live process succeeded.
    writing: bool
    #: Whether this process receives the snapshots of other processes.
    feed: bool
    #: What does not work in any live process. Release 0.1 does not send it.
    faults: NotRequired[list[str]]
    #: The number of refused handshakes without rows. Release 0.1 does not send it.
    unstored: NotRequired[int]


class Totals(TypedDict):
    """The numbers of the tiles.

    ``viewers`` counts the open dashboard pages. ``unconfirmed`` counts the open connections of silent processes,
    which are not included in ``open``.
    """

    open: int
    viewers: int
    unconfirmed: int
    connects_s: float
    closes_s: float
    refused_s: float
    closes_5m: int
    abnormal_5m: int


class Picture(TypedDict):
    """The data that each viewer receives once per tick: the merged data of all processes.

    ``live/encoding.py`` encodes it for the socket.
    """

    type: Literal["snapshot"]
    v: int
    at: float
    tick_s: float
    trust: Trust
    totals: Totals
    endpoints: list[EndpointRow]
    processes: list[ProcessRow]
    buckets: list[BucketRow]
    ends: list[EndRow]


class ProcessMark(TypedDict):
    """The start or end of a server process."""

    at: float
    kind: MarkKind
    process: str
    release: str


class EndGroup(TypedDict):
    """The connections that ended during a range of history and have the same code, cause and state.

    ``share`` is the group's share of all connections that ended during the range, 0 to 1. ``refusal`` is the close
    code with which the application refused the handshake; the client received only HTTP 403.
    """

    code: int | None
    refusal: int | None
    cause: str
    initiator: str
    state: str
    count: int
    share: float
    abnormal: bool


class Peak(TypedDict):
    """The highest number of open connections, and the start of the period in which it was reached."""

    open: int
    at: float


class SecondsBucket(TypedDict):
    """The number of values above ``lower`` and up to ``upper`` seconds; the last bucket has no upper edge."""

    lower: float
    upper: float | None
    count: int


class Distribution(TypedDict):
    """A histogram of seconds without its empty buckets. The quantiles are ``None`` without observations."""

    buckets: list[SecondsBucket]
    count: int
    p50: float | None
    p95: float | None
    p99: float | None


class Distributions(TypedDict):
    """The distributions of a window: of durations, of the silence before the end, and of handshakes."""

    peak: Peak
    durations: Distribution
    silences: Distribution
    handshakes: Distribution


class PreviousWindow(TypedDict):
    """The totals of the window before, in each bucket."""

    open: list[int]
    closes: list[int]


class RecordSize(TypedDict):
    """How far back the record reaches, how large it is and how fast it grows; ``None`` means not known.

    Times are Unix times. ``full_in_days`` is when the disk will be full, if the record goes on growing as it does.
    """

    rows_since: float | None
    rollups_since: float | None
    bytes: int | None
    bytes_per_day: float | None
    full_in_days: float | None


#: The response to a request for history. ``times`` has the start of each bucket; ``open`` and ``closes`` have one
#: number for each bucket. Rollups exist since the Unix time ``since``; 0 if there are none. ``age_s`` is the time
#: since the history was computed. This is not a class because ``from`` is a Python keyword.
HistoryAnswer = TypedDict(
    "HistoryAnswer",
    {
        "v": int,
        "range": str,
        "from": int,
        "to": float,
        "bucket_s": int,
        "times": list[int],
        "since": int,
        "age_s": float,
        "open": dict[str, list[int]],
        "closes": dict[str, list[int]],
        "marks": list[ProcessMark],
        "ends": list[EndGroup],
        "peak": Peak,
        "durations": Distribution,
        "silences": Distribution,
        "handshakes": Distribution,
        "previous": PreviousWindow | None,
        "record": RecordSize,
    },
)
