"""The counts of one process, in memory: metrics and the live page both read them. Pure: no I/O, no clock."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.recent import Bucket, Periods
from lifecycle.verdict.causes import Verdict

OTHER = "other"
#: Codes of the protocol (RFC 6455 section 7.4.1) always have a label of their own.
PROTOCOL_CODES = range(1000, 1016)


class Tally:
    """All counts of one process.

    Events come from the event loop, readers from other threads: one lock, held for a few dictionary operations,
    makes each reading consistent, so that ``opened - closed = open`` holds in every one.
    """

    def __init__(
        self,
        application_codes: Sequence[int] = (),
        endpoint_limit: int = 200,
        internal_endpoints: Sequence[str] = (),
    ) -> None:
        """Begin empty.

        Codes outside the registry and ``application_codes`` are counted as ``other``; endpoints that end in one of
        ``apart`` are counted, but are no part of the buckets.
        """
        self.lock = threading.Lock()
        self.labels = {code: str(code) for code in (*PROTOCOL_CODES, *application_codes)}
        self.endpoint_limit = endpoint_limit
        self.internal_endpoints = tuple(internal_endpoints)
        self.endpoints: dict[str, EndpointTally] = {}
        self.client_closes: Counter[tuple[str, str]] = Counter()
        self.periods = Periods(self.endpoints)

    def endpoint(self, name: str) -> EndpointTally:
        """Return the counts of an endpoint; those beyond the limit share one, so that labels are bounded."""
        return self.endpoints.get(name) or self.new_endpoint(name)

    def counted_in(self, endpoint: str, now: float) -> EndpointTally:
        """Return where an event at ``now`` is counted, after what was before it has found its period."""
        if now >= self.periods.next_second:
            self.periods.turn(now)
        return self.endpoint(endpoint)

    def new_endpoint(self, name: str) -> EndpointTally:
        """Return the counts of an endpoint that has none of its own yet."""
        label = name if len(self.endpoints) < self.endpoint_limit else OTHER
        if label not in self.endpoints:
            self.endpoints[label] = EndpointTally(label, self.is_internal(label))
        return self.endpoints[label]

    def is_internal(self, endpoint: str) -> bool:
        """Return whether an endpoint ends with one of the internal ones."""
        return endpoint.endswith(self.internal_endpoints)

    def code_label(self, code: int | None) -> str:
        """Return the bounded label of a close code."""
        return self.labels.get(code or 0, OTHER)

    def accepted(self, endpoint: str, handshake_seconds: float, now: float) -> EndpointTally:
        """Count an accept at ``now`` (seconds since the epoch) and return where it is counted."""
        with self.lock:
            counts = self.counted_in(endpoint, now)
            counts.opened += 1
            counts.open += 1
            counts.handshakes.observe(handshake_seconds)
            return counts

    def closed(self, endpoint: str, verdict: Verdict, seconds: float, now: float) -> None:
        """Count the end of an accepted connection that was open for ``seconds``."""
        with self.lock:
            counts = self.counted_in(endpoint, now)
            counts.open -= 1
            counts.ends[self.code_label(verdict.code), verdict.cause] += 1
            counts.durations.observe(seconds)

    def rejected(self, endpoint: str, verdict: Verdict, now: float) -> None:
        """Count a handshake that was not completed."""
        with self.lock:
            self.counted_in(endpoint, now).rejected[verdict.cause] += 1

    def client_close(self, endpoint: str, code: int | None, clean: bool) -> None:
        """Count what a client page says of its last close, told on its next connection."""
        with self.lock:
            self.client_closes[self.code_label(code), "true" if clean else "false"] += 1
            self.endpoint(endpoint).reconnects += 1

    def round_trip(self, endpoint: str, seconds: float) -> None:
        """Count a heartbeat's round trip."""
        with self.lock:
            self.endpoint(endpoint).round_trips.observe(seconds)

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
            return self.periods.rates(now)

    def recent_buckets(self, now: float, seconds: float) -> list[Bucket]:
        """Return the buckets of the last ``seconds``; the last of them still fills."""
        with self.lock:
            return self.periods.recent_buckets(now, seconds)
