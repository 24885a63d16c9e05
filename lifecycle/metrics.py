"""Prometheus metrics, collected from the tally at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

from lifecycle import __version__, process
from lifecycle.process import Process
from lifecycle.tally import EndpointTally, Histogram

Endpoints = dict[str, EndpointTally]


class LifecycleCollector:
    """Reads one consistent copy of the tally, and the state of the record, for each scrape."""

    def __init__(self, running: Process | None) -> None:
        """Collect from a process; without one there is nothing to tell but the version."""
        self.running = running

    def collect(self) -> Iterator[Metric]:
        """Yield every metric of the contract, with its samples."""
        build = GaugeMetricFamily("lifecycle_build_info", "The version of the monitor.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        if self.running is None:
            return
        tally = self.running.recorder.tally
        yield from endpoint_metrics(tally.copy_endpoints())
        yield client_closes(tally.copy_client_closes())
        yield from record_metrics(self.running)


def render(accept: str) -> tuple[bytes, str]:
    """Return the metrics and their content type, for a scraper's ``Accept`` header."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LifecycleCollector(process.current()))
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type


def endpoint_metrics(endpoints: Endpoints) -> Iterator[Metric]:
    """Yield the metrics that have an endpoint."""
    yield gauge(endpoints, "websocket_connections_open", "WebSocket connections open now.", lambda one: one.open)
    yield counter(
        endpoints, "websocket_connections_opened", "WebSocket connections accepted.", lambda one: one.opened
    )
    yield counter(
        endpoints, "websocket_reconnects", "Connections that replace an earlier one of a page.",
        lambda one: one.reconnects,
    )  # fmt: skip
    yield closed(endpoints)
    yield by_cause(endpoints, "websocket_disconnects", "Ends of accepted connections, by cause.",
                   lambda one: one.disconnects)  # fmt: skip
    yield by_cause(endpoints, "websocket_handshakes_rejected", "Handshakes that were not completed, by cause.",
                   lambda one: one.rejected)  # fmt: skip
    yield by_direction(endpoints, "websocket_messages", "WebSocket messages.", "messages")
    yield by_direction(endpoints, "websocket_message_bytes", "Bytes of payload of WebSocket messages.", "bytes")
    yield histogram(endpoints, "websocket_handshake_duration_seconds",
                    "Time from the handshake request to its acceptance.", lambda one: one.handshakes)  # fmt: skip
    yield histogram(endpoints, "websocket_connection_duration_seconds",
                    "Time from the acceptance of a connection to its end.", lambda one: one.durations)  # fmt: skip
    yield histogram(endpoints, "websocket_heartbeat_rtt_seconds",
                    "Round trips of heartbeats, as client pages measured them.",
                    lambda one: one.round_trips)  # fmt: skip


def gauge(endpoints: Endpoints, name: str, text: str, value: Callable[[EndpointTally], float]) -> Metric:
    """Return a gauge with a sample an endpoint."""
    family = GaugeMetricFamily(name, text, labels=["endpoint"])
    for endpoint, counts in endpoints.items():
        family.add_metric([endpoint], value(counts))
    return family


def counter(endpoints: Endpoints, name: str, text: str, value: Callable[[EndpointTally], float]) -> Metric:
    """Return a counter with a sample an endpoint."""
    family = CounterMetricFamily(name, text, labels=["endpoint"])
    for endpoint, counts in endpoints.items():
        family.add_metric([endpoint], value(counts))
    return family


def closed(endpoints: Endpoints) -> Metric:
    """Return the ends by close code and by who ended the connection."""
    family = CounterMetricFamily(
        "websocket_connections_closed",
        "Ends of accepted WebSocket connections.",
        labels=["endpoint", "code", "initiator"],
    )
    for endpoint, counts in endpoints.items():
        for (code, initiator), value in counts.closed.items():
            family.add_metric([endpoint, code, initiator], value)
    return family


def by_cause(
    endpoints: Endpoints, name: str, text: str, values: Callable[[EndpointTally], dict[str, int]]
) -> Metric:
    """Return a counter with a sample an endpoint and cause."""
    family = CounterMetricFamily(name, text, labels=["endpoint", "cause"])
    for endpoint, counts in endpoints.items():
        for cause, value in values(counts).items():
            family.add_metric([endpoint, cause], value)
    return family


def by_direction(endpoints: Endpoints, name: str, text: str, what: str) -> Metric:
    """Return a counter with two samples an endpoint: ``in`` from clients, ``out`` to them."""
    family = CounterMetricFamily(name, text, labels=["endpoint", "direction"])
    for endpoint, counts in endpoints.items():
        for direction in ("in", "out"):
            family.add_metric([endpoint, direction], getattr(counts, f"{what}_{direction}"))
    return family


def histogram(endpoints: Endpoints, name: str, text: str, values: Callable[[EndpointTally], Histogram]) -> Metric:
    """Return a histogram an endpoint."""
    family = HistogramMetricFamily(name, text, labels=["endpoint"])
    for endpoint, counts in endpoints.items():
        one = values(counts)
        family.add_metric([endpoint], cumulative(one), one.total)
    return family


def cumulative(one: Histogram) -> list[tuple[str, float]]:
    """Return a histogram's buckets as Prometheus has them: each counts all below its edge."""
    buckets: list[tuple[str, float]] = []
    below = 0
    for edge, count in zip([*(str(edge) for edge in one.edges), "+Inf"], one.counts, strict=True):
        below += count
        buckets.append((edge, below))
    return buckets


def client_closes(counts: dict[tuple[str, str], int]) -> Metric:
    """Return the closes that client pages saw, as they told on their next connection."""
    family = CounterMetricFamily(
        "websocket_client_reported_closes",
        "Closes as client pages saw them, told on their next connection.",
        labels=["code", "clean"],
    )
    for (code, clean), value in counts.items():
        family.add_metric([code, clean], value)
    return family


def record_metrics(running: Process) -> Iterator[Metric]:
    """Yield whether the record itself can be trusted."""
    recorder, writer = running.recorder, running.writer
    yield CounterMetricFamily("lifecycle_events_recorded", "Events put into the spool.", value=recorder.recorded)
    yield CounterMetricFamily(
        "lifecycle_events_dropped", "Events that could not be recorded.", value=recorder.dropped
    )
    yield GaugeMetricFamily(
        "lifecycle_spool_events", "Events that wait for the database.", value=recorder.backlog()
    )
    yield GaugeMetricFamily(
        "lifecycle_last_write_timestamp_seconds",
        "When the database last took events, in seconds since the epoch; 0 before the first.",
        value=(writer.last_write if writer else None) or 0,
    )
