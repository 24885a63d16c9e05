"""The in-memory counts of one process, for metrics and the live page. No I/O and no clock."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence

from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.labels import CodeLabels, endpoint_label
from lifecycle.counts.recent import Bucket, RecentCounts
from lifecycle.verdict.causes import Verdict


class Tally:
    """All counts of one process.

    Events are counted on the event loop, and readers run on other threads. A lock, held for a few dictionary
    operations, makes each copy consistent: ``opened - closed == open`` holds in every copy.
    """

    def __init__(
        self,
        application_codes: Sequence[int] = (),
        endpoint_limit: int = 200,
        internal_endpoints: Sequence[str] = (),
    ) -> None:
        """Set the limits of the labels, and the endpoints that belong to the monitor.

        Only the protocol's close codes, ``application_codes`` and the first ``endpoint_limit`` endpoints have
        their own labels; all others are counted under ``other``. Endpoints whose names end with an item
        of ``internal_endpoints`` are counted, but left out of the buckets.
        """
        self.lock = threading.Lock()
        self.codes = CodeLabels(application_codes)
        self.endpoint_limit = endpoint_limit
        self.internal_endpoints = tuple(internal_endpoints)
        self.internal_suffixes = tuple(f"/{endpoint}" for endpoint in self.internal_endpoints)
        self.endpoints: dict[str, EndpointTally] = {}
        self.client_closes: Counter[tuple[str, str]] = Counter()
        self.recent = RecentCounts(self.endpoints)

    def endpoint(self, name: str) -> EndpointTally:
        """Return the counts of an endpoint; all endpoints beyond the limit share their counts."""
        return self.endpoints.get(name) or self.new_endpoint(name)

    def counted_in(self, endpoint: str, now: float) -> EndpointTally:
        """Return the counts to update for an event at ``now``.

        If a new second has started, all counts are saved first.
        """
        if now >= self.recent.next_second:
            self.recent.turn(now)
        # Not self.endpoint(), to save a function call: this runs for every event.
        return self.endpoints.get(endpoint) or self.new_endpoint(endpoint)

    def new_endpoint(self, name: str) -> EndpointTally:
        """Return counts for a new endpoint: its own, or the shared ones if there are too many endpoints."""
        label = endpoint_label(name, self.endpoints, self.endpoint_limit)
        if label not in self.endpoints:
            self.endpoints[label] = EndpointTally(label, self.is_internal(label))
        return self.endpoints[label]

    def is_internal(self, endpoint: str) -> bool:
        """Return whether an endpoint is in ``internal_endpoints``, with or without a prefix of outer routers."""
        return endpoint in self.internal_endpoints or endpoint.endswith(self.internal_suffixes)

    def accepted(self, endpoint: str, handshake_seconds: float, now: float) -> EndpointTally:
        """Count a connection that was accepted at ``now``, in epoch seconds; return the counts of its endpoint."""
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

    def rejected(self, endpoint: str, verdict: Verdict, now: float) -> EndpointTally:
        """Count a handshake that was not completed; return the counts of its endpoint."""
        with self.lock:
            counts = self.counted_in(endpoint, now)
            counts.rejected[verdict.cause] += 1
            return counts

    def client_close(self, endpoint: str, code: int | None, clean: bool) -> None:
        """Count a reconnect, and the close code that the client page reports for its previous connection."""
        with self.lock:
            self.client_closes[self.codes[code], "true" if clean else "false"] += 1
            self.endpoint(endpoint).reconnects += 1

    def round_trip(self, endpoint: str, seconds: float) -> None:
        """Add the round-trip time of a heartbeat to the counts."""
        with self.lock:
            self.endpoint(endpoint).round_trips.observe(seconds)

    def copy_endpoints(self) -> dict[str, EndpointTally]:
        """Return a consistent copy of the counts by endpoint."""
        with self.lock:
            return {name: counts.copy() for name, counts in self.endpoints.items()}

    def copy_client_closes(self) -> dict[tuple[str, str], int]:
        """Return how many closes client pages have reported.

        Each key is a pair: the label of the close code, and ``"true"`` for a clean close or ``"false"`` otherwise.
        """
        with self.lock:
            return dict(self.client_closes)

    def rates(self, now: float) -> dict[str, tuple[float, float, float]]:
        """Return the numbers of accepted, ended and refused connections per second, by endpoint.

        They are averages over the last ten whole seconds.
        """
        with self.lock:
            return self.recent.rates(now)

    def recent_buckets(self, now: float, seconds: float) -> list[Bucket]:
        """Return the buckets of the last ``seconds``, oldest first; the current bucket is not complete yet."""
        with self.lock:
            return self.recent.recent_buckets(now, seconds)
