"""The data that the page receives, and the data that processes exchange to build it. Types and limits only.

``static/lifecycle_dashboard/js/contract.js`` describes ``Picture`` and ``HistoryAnswer`` for the scripts of the
page; ``tests/dashboard/test_contract.py`` compares the two. Times are seconds since the epoch.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

#: Version of ``Picture`` and of ``HistoryAnswer``. A page that expects another version asks to be reloaded.
VERSION = 1
#: How many of the latest ends a process publishes and the page lists.
LATEST_ENDS = 12
#: Period in seconds of the fields ``closes_5m`` and ``abnormal_5m``.
RECENT_SECONDS = 300

ProcessState = Literal["live", "silent", "gone"]
MarkKind = Literal["start", "stop", "lost"]


class BucketRow(TypedDict):
    """A few seconds: their start, the open connections at their end by endpoint, the ends by cause."""

    t: int
    open: dict[str, int]
    closes: dict[str, int]


class EndRow(TypedDict):
    """The end of one connection, or a refused handshake: without code and duration."""

    id: str
    at: float
    endpoint: str
    state: str
    code: int | None
    cause: str
    initiator: str
    duration_s: float | None


class RecentEnds(TypedDict):
    """The ends of the last five minutes, the abnormal ones among them, and the latest ends, newest first."""

    closes_5m: int
    abnormal_5m: int
    ends: list[EndRow]


class EndpointNumbers(TypedDict):
    """The counts of one endpoint since the start of the process, and its rates per second."""

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

    #: Whether the endpoint is internal. Release 0.1 reads it under this name and fails without it.
    apart: bool


class ProcessSnapshot(RecentEnds):
    """What one process publishes once a tick.

    It crosses the channel layer between processes of different releases during a rolling upgrade: a field that an
    older release reads keeps its name and its type.
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
    endpoints: dict[str, PublishedEndpoint]
    buckets: list[BucketRow]


class EndpointRow(EndpointNumbers):
    """The counts of one endpoint over all live processes."""

    endpoint: str


class ProcessRow(TypedDict):
    """One server process; ``heard`` is the time of its last snapshot."""

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
    """Whether the numbers can be trusted: processes by state, unwritten and dropped events, the last write."""

    processes: int
    silent: int
    gone: int
    spool: int
    dropped: int
    last_write: float | None
    #: Whether the last write of every live process succeeded.
    writing: bool
    #: Whether the snapshots of other processes arrive.
    feed: bool
    #: What does not work in any live process. Release 0.1 does not send it.
    faults: NotRequired[list[str]]


class Totals(TypedDict):
    """The numbers of the tiles; ``unconfirmed`` counts the open connections of silent processes."""

    open: int
    viewers: int
    unconfirmed: int
    connects_s: float
    closes_s: float
    refused_s: float
    closes_5m: int
    abnormal_5m: int


class Picture(TypedDict):
    """The message that each viewer receives once a tick: all processes, merged."""

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
    """The start or the end of a server process."""

    at: float
    kind: MarkKind
    process: str
    release: str


class EndGroup(TypedDict):
    """All ends of a range with the same code, cause and state; ``share`` is their part of all ends, 0 to 1.

    ``refusal`` is the code with which the application refused; the client saw HTTP 403 and no code.
    """

    code: int | None
    refusal: int | None
    cause: str
    initiator: str
    state: str
    count: int
    share: float
    abnormal: bool


#: The answer to a read of history. ``times`` are the starts of the buckets; ``open`` and ``closes`` have one
#: number for each bucket. The fields are given as a dict because ``from`` is a keyword of Python.
HistoryAnswer = TypedDict(
    "HistoryAnswer",
    {
        "v": int,
        "range": str,
        "from": int,
        "to": float,
        "bucket_s": int,
        "times": list[int],
        "open": dict[str, list[int]],
        "closes": dict[str, list[int]],
        "marks": list[ProcessMark],
        "ends": list[EndGroup],
    },
)
