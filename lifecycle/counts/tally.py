"""The counts of one process, in memory, for metrics and the live page. Pure: no I/O, no clock."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.labels import CodeLabels, endpoint_label
from lifecycle.counts.recent import Bucket, Periods
from lifecycle.verdict.causes import Verdict


class Tally:
    """All counts of one process.

    Events come from the event loop, readers run in other threads. One lock, held for a few dictionary operations,
    makes each copy consistent: ``opened - closed == open`` holds in every copy.
    """

    def __init__(
        self,
        application_codes: Sequence[int] = (),
        endpoint_limit: int = 200,
        internal_endpoints: Sequence[str] = (),
    ) -> None:
        """Start at zero.

        Close codes outside the protocol and ``application_codes``, and endpoints beyond ``endpoint_limit``, are
        counted under the label ``other``. Endpoints that end with one of ``internal_endpoints`` are counted, but
        are not part of the buckets.
        """
        self.lock = threading.Lock()
        self.codes = CodeLabels(application_codes)
        self.endpoint_limit = endpoint_limit
        self.internal_endpoints = tuple(internal_endpoints)
        self.endpoints: dict[str, EndpointTally] = {}
        self.client_closes: Counter[tuple[str, str]] = Counter()
        self.periods = Periods(self.endpoints)

    def endpoint(self, name: str) -> EndpointTally:
        """Return the counts of an endpoint, or those that all endpoints beyond the limit share."""
        return self.endpoints.get(name) or self.new_endpoint(name)

    def counted_in(self, endpoint: str, now: float) -> EndpointTally:
        """Return the counts for an event at ``now``, after closing the periods that ended before it."""
        if now >= self.periods.next_second:
            self.periods.turn(now)
        # Not a call of endpoint(): this runs for every event.
        return self.endpoints.get(endpoint) or self.new_endpoint(endpoint)

    def new_endpoint(self, name: str) -> EndpointTally:
        """Return the counts of an endpoint that has no counts of its own yet."""
        label = endpoint_label(name, self.endpoints, self.endpoint_limit)
        if label not in self.endpoints:
            self.endpoints[label] = EndpointTally(label, self.is_internal(label))
        return self.endpoints[label]

    def is_internal(self, endpoint: str) -> bool:
        """Return whether an endpoint ends with one of the internal ones."""
        return endpoint.endswith(self.internal_endpoints)

    def accepted(self, endpoint: str, handshake_seconds: float, now: float) -> EndpointTally:
        """Count an accept at ``now`` (seconds since the epoch) and return the counts of its endpoint."""
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
            counts.ends[self.codes[verdict.code], verdict.cause] += 1
            counts.durations.observe(seconds)

    def rejected(self, endpoint: str, verdict: Verdict, now: float) -> None:
        """Count a handshake that was not completed."""
        with self.lock:
            self.counted_in(endpoint, now).rejected[verdict.cause] += 1

    def client_close(self, endpoint: str, code: int | None, clean: bool) -> None:
        """Count how a client page saw its previous connection end; it reports this on its next connection."""
        with self.lock:
            self.client_closes[self.codes[code], "true" if clean else "false"] += 1
            self.endpoint(endpoint).reconnects += 1

    def round_trip(self, endpoint: str, seconds: float) -> None:
        """Count the round trip of a heartbeat."""
        with self.lock:
            self.endpoint(endpoint).round_trips.observe(seconds)

    def copy_endpoints(self) -> dict[str, EndpointTally]:
        """Return a consistent copy of the counts by endpoint."""
        with self.lock:
            return {name: counts.copy() for name, counts in self.endpoints.items()}

    def copy_client_closes(self) -> dict[tuple[str, str], int]:
        """Return a copy of the ends that client pages reported, by code and by whether they were clean."""
        with self.lock:
            return dict(self.client_closes)

    def rates(self, now: float) -> dict[str, tuple[float, float, float]]:
        """Return connects, closes and refusals per second of each endpoint, over the last ten whole seconds."""
        with self.lock:
            return self.periods.rates(now)

    def recent_buckets(self, now: float, seconds: float) -> list[Bucket]:
        """Return the buckets of the last ``seconds``; the last bucket is not complete yet."""
        with self.lock:
            return self.periods.recent_buckets(now, seconds)
