"""The counts of one process, in memory: metrics and the live page both read them. Pure: no I/O, no clock."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from lifecycle.causes import Verdict
from lifecycle.histograms import DURATION_EDGES, HANDSHAKE_EDGES, RTT_EDGES, Histogram

OTHER = "other"
#: Codes of the protocol (RFC 6455 section 7.4.1) always have a label of their own.
PROTOCOL_CODES = range(1000, 1016)
BUCKET_SECONDS = 10
#: Five minutes of abnormal ends, and the 15 minutes of the live page, are read from these buckets.
BUCKETS = 90
RATE_SECONDS = 10


@dataclass(slots=True)
class EndpointTally:
    """The counts of one endpoint since the process started."""

    label: str = ""
    #: Whether it is the dashboard's own, and no traffic.
    apart: bool = False
    open: int = 0
    opened: int = 0
    closed: Counter[tuple[str, str]] = field(default_factory=Counter)
    disconnects: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    reconnects: int = 0
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    handshakes: Histogram = field(default_factory=lambda: Histogram(HANDSHAKE_EDGES))
    durations: Histogram = field(default_factory=lambda: Histogram(DURATION_EDGES))
    round_trips: Histogram = field(default_factory=lambda: Histogram(RTT_EDGES))

    def copy(self) -> EndpointTally:
        """Return a copy that later events leave alone."""
        return EndpointTally(
            self.label, self.apart, self.open, self.opened,
            self.closed.copy(), self.disconnects.copy(), self.rejected.copy(),
            self.reconnects, self.messages_in, self.messages_out, self.bytes_in, self.bytes_out,
            self.handshakes.copy(), self.durations.copy(), self.round_trips.copy(),
        )  # fmt: skip


@dataclass(slots=True)
class Bucket:
    """What happened in ten seconds; ``at`` is the first of them since the epoch."""

    at: int
    open: dict[str, int] = field(default_factory=dict)
    closes: Counter[str] = field(default_factory=Counter)
    abnormal: int = 0


@dataclass(slots=True)
class Second:
    """What happened in one second, per endpoint: the rates are read from these."""

    at: int
    opened: Counter[str] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)


class Tally:
    """All counts of one process.

    Events come from the event loop, readers from other threads: one lock, held for a few dictionary operations,
    makes each reading consistent, so that ``opened - closed = open`` holds in every one.
    """

    def __init__(
        self, application_codes: Sequence[int] = (), endpoint_limit: int = 200, apart: Sequence[str] = ()
    ) -> None:
        """Begin empty.

        Codes outside the registry and ``application_codes`` are counted as ``other``; endpoints that end in one of
        ``apart`` are counted, but are no part of the buckets.
        """
        self.lock = threading.Lock()
        self.labels = {code: str(code) for code in (*PROTOCOL_CODES, *application_codes)}
        self.endpoint_limit = endpoint_limit
        self.apart = tuple(apart)
        self.endpoints: dict[str, EndpointTally] = {}
        self.client_closes: Counter[tuple[str, str]] = Counter()
        self.buckets: deque[Bucket] = deque(maxlen=BUCKETS)
        self.seconds: deque[Second] = deque(maxlen=RATE_SECONDS + 2)

    def endpoint(self, name: str) -> EndpointTally:
        """Return the counts of an endpoint; those beyond the limit share one, so that labels are bounded."""
        return self.endpoints.get(name) or self.new_endpoint(name)

    def new_endpoint(self, name: str) -> EndpointTally:
        """Return the counts of an endpoint that has none of its own yet."""
        label = name if len(self.endpoints) < self.endpoint_limit else OTHER
        if label not in self.endpoints:
            self.endpoints[label] = EndpointTally(label, self.is_apart(label))
        return self.endpoints[label]

    def is_apart(self, endpoint: str) -> bool:
        """Tell whether an endpoint is the dashboard's own."""
        return bool(self.apart) and endpoint.endswith(self.apart)

    def code_label(self, code: int | None) -> str:
        """Return the bounded label of a close code."""
        return self.labels.get(code or 0, OTHER)

    def accepted(self, endpoint: str, handshake_seconds: float, now: float) -> EndpointTally:
        """Count an accept at ``now`` (seconds since the epoch) and return where it is counted."""
        with self.lock:
            counts = self.endpoint(endpoint)
            counts.opened += 1
            counts.open += 1
            counts.handshakes.observe(handshake_seconds)
            self.second(now).opened[counts.label] += 1
            if not counts.apart:
                self.bucket(now).open[counts.label] = counts.open
            return counts

    def closed(self, endpoint: str, verdict: Verdict, seconds: float, now: float) -> None:
        """Count the end of an accepted connection that was open for ``seconds``."""
        cause = verdict.cause
        with self.lock:
            counts = self.endpoint(endpoint)
            counts.open -= 1
            counts.closed[self.code_label(verdict.code), cause.initiator] += 1
            counts.disconnects[cause] += 1
            counts.durations.observe(seconds)
            self.second(now).closed[counts.label] += 1
            if not counts.apart:
                bucket = self.bucket(now)
                bucket.open[counts.label] = counts.open
                bucket.closes[cause] += 1
                bucket.abnormal += cause.abnormal

    def rejected(self, endpoint: str, verdict: Verdict, now: float) -> None:
        """Count a handshake that was not completed."""
        with self.lock:
            counts = self.endpoint(endpoint)
            counts.rejected[verdict.cause] += 1
            self.second(now).rejected[counts.label] += 1

    def client_close(self, endpoint: str, code: int | None, clean: bool) -> None:
        """Count what a client page says of its last close, told on its next connection."""
        with self.lock:
            self.client_closes[self.code_label(code), "true" if clean else "false"] += 1
            self.endpoint(endpoint).reconnects += 1

    def round_trip(self, endpoint: str, seconds: float) -> None:
        """Count a heartbeat's round trip."""
        with self.lock:
            self.endpoint(endpoint).round_trips.observe(seconds)

    def second(self, now: float) -> Second:
        """Return the counts of the second that ``now`` falls in."""
        at = int(now)
        if not self.seconds or self.seconds[-1].at != at:
            self.seconds.append(Second(at))
        return self.seconds[-1]

    def bucket(self, now: float) -> Bucket:
        """Return the bucket that ``now`` falls in; a new one begins with the connections open now."""
        at = int(now) // BUCKET_SECONDS * BUCKET_SECONDS
        if not self.buckets or self.buckets[-1].at != at:
            open_now = {one.label: one.open for one in self.endpoints.values() if not one.apart}
            self.buckets.append(Bucket(at, open_now))
        return self.buckets[-1]

    def copy_endpoints(self) -> dict[str, EndpointTally]:
        """Return a consistent copy of the counts by endpoint."""
        with self.lock:
            return {name: counts.copy() for name, counts in self.endpoints.items()}

    def copy_client_closes(self) -> dict[tuple[str, str], int]:
        """Return a copy of the closes that client pages reported, by code and whether clean."""
        with self.lock:
            return dict(self.client_closes)

    def rates(self, now: float) -> dict[str, tuple[float, float, float]]:
        """Return connects, closes and refusals a second of each endpoint, over the last ten whole seconds."""
        with self.lock:
            recent = [one for one in self.seconds if int(now) - RATE_SECONDS <= one.at < int(now)]
            names = {name for one in recent for name in (*one.opened, *one.closed, *one.rejected)}
            return {
                name: (
                    sum(one.opened[name] for one in recent) / RATE_SECONDS,
                    sum(one.closed[name] for one in recent) / RATE_SECONDS,
                    sum(one.rejected[name] for one in recent) / RATE_SECONDS,
                )
                for name in names
            }

    def recent_buckets(self, now: float, seconds: float) -> list[Bucket]:
        """Return copies of the buckets of the last ``seconds``, and make sure that there is one for now."""
        with self.lock:
            self.bucket(now)
            return [
                Bucket(one.at, dict(one.open), one.closes.copy(), one.abnormal)
                for one in self.buckets
                if one.at + BUCKET_SECONDS > now - seconds
            ]
