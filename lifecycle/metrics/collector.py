"""Prometheus metrics, collected from the tally at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.exposition import choose_encoder

from lifecycle import __version__, conf
from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.histograms import Histogram
from lifecycle.metrics import readings
from lifecycle.metrics.readings import Reading
from lifecycle.server import current
from lifecycle.server.process import Process

Labels = tuple[str, ...]
Samples = Iterable[tuple[Labels, float]]


class EndpointMetric(NamedTuple):
    """A metric with the label ``endpoint``, perhaps more; its samples are read from an endpoint's counts."""

    family: type[GaugeMetricFamily] | type[CounterMetricFamily]
    name: str
    text: str
    labels: Labels
    samples: Callable[[EndpointTally], Samples]


class RecordMetric(NamedTuple):
    """A metric of the record itself."""

    family: type[GaugeMetricFamily] | type[CounterMetricFamily]
    name: str
    text: str
    value: Callable[[Reading], float]


def by_cause(counts: Iterable[tuple[str, int]]) -> Samples:
    """Return samples with the one label ``cause``."""
    return [((cause,), value) for cause, value in counts]


ENDPOINT_METRICS = (
    EndpointMetric(
        GaugeMetricFamily,
        "websocket_connections_open",
        "WebSocket connections open now.",
        (),
        lambda one: [((), one.open)],
    ),
    EndpointMetric(
        CounterMetricFamily,
        "websocket_connections_opened",
        "WebSocket connections accepted.",
        (),
        lambda one: [((), one.opened)],
    ),
    EndpointMetric(
        CounterMetricFamily,
        "websocket_reconnects",
        "Connections that replace an earlier one of a page.",
        (),
        lambda one: [((), one.reconnects)],
    ),
    EndpointMetric(
        CounterMetricFamily,
        "websocket_connections_closed",
        "Ends of accepted WebSocket connections.",
        ("code", "initiator"),
        lambda one: one.closed.items(),
    ),
    EndpointMetric(
        CounterMetricFamily,
        "websocket_disconnects",
        "Ends of accepted WebSocket connections, by cause.",
        ("cause",),
        lambda one: by_cause(one.disconnects.items()),
    ),
    EndpointMetric(
        CounterMetricFamily,
        "websocket_handshakes_rejected",
        "Handshakes that were not completed, by cause.",
        ("cause",),
        lambda one: by_cause(one.rejected.items()),
    ),
    EndpointMetric(
        CounterMetricFamily,
        "websocket_messages",
        "WebSocket messages, from clients (in) and to them (out).",
        ("direction",),
        lambda one: [(("in",), one.messages_in), (("out",), one.messages_out)],
    ),
    EndpointMetric(
        CounterMetricFamily,
        "websocket_message_bytes",
        "Bytes of payload of WebSocket messages, from clients (in) and to them (out).",
        ("direction",),
        lambda one: [(("in",), one.bytes_in), (("out",), one.bytes_out)],
    ),
)

HISTOGRAMS: tuple[tuple[str, str, Callable[[EndpointTally], Histogram]], ...] = (
    (
        "websocket_handshake_duration_seconds",
        "Time from the handshake request to its acceptance.",
        lambda one: one.handshakes,
    ),
    (
        "websocket_connection_duration_seconds",
        "Time from the acceptance of a connection to its end.",
        lambda one: one.durations,
    ),
    (
        "websocket_heartbeat_rtt_seconds",
        "Round trips of heartbeats, as client pages measured them.",
        lambda one: one.round_trips,
    ),
)

RECORD_METRICS = (
    RecordMetric(
        CounterMetricFamily, "lifecycle_events_recorded", "Events put into the spool.", lambda one: one.recorded
    ),
    RecordMetric(
        CounterMetricFamily,
        "lifecycle_events_dropped",
        "Events that could not be recorded.",
        lambda one: one.dropped,
    ),
    RecordMetric(
        GaugeMetricFamily,
        "lifecycle_spool_events",
        "Events that wait for the database.",
        lambda one: one.backlog,
    ),
    RecordMetric(
        GaugeMetricFamily,
        "lifecycle_last_write_timestamp_seconds",
        "When the database last took events, in seconds since the epoch; 0 before the first.",
        lambda one: one.last_write,
    ),
)


class LifecycleCollector:
    """Reads one consistent copy of the counts of each process for each scrape."""

    def __init__(self, running: Process | None) -> None:
        """Collect from a process, or from all on its host; without one there is only the version to tell."""
        self.running = running
        self.labelled = conf.get("METRICS_SCOPE") == "host"

    def collect(self) -> Iterator[Metric]:
        """Yield every metric of the contract, with its samples."""
        build = GaugeMetricFamily("lifecycle_build_info", "The version of the monitor.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        if self.running is None:
            return
        found = readings.read_host(self.running) if self.labelled else [readings.read(self.running)]
        yield from (self.endpoint_metric(metric, found) for metric in ENDPOINT_METRICS)
        yield from (self.histogram(*histogram, found) for histogram in HISTOGRAMS)
        yield self.client_closes(found)
        yield from (self.record_metric(metric, found) for metric in RECORD_METRICS)

    def names(self, *labels: str) -> list[str]:
        """Return the names of a metric's labels; several processes are told apart by one more."""
        return [*labels, "process"] if self.labelled else [*labels]

    def values(self, reading: Reading, *labels: str) -> list[str]:
        """Return the values of a sample's labels."""
        return [*labels, reading.process] if self.labelled else [*labels]

    def endpoint_metric(self, metric: EndpointMetric, found: list[Reading]) -> Metric:
        """Return a gauge or counter with its samples by endpoint."""
        family = metric.family(metric.name, metric.text, labels=self.names("endpoint", *metric.labels))
        for reading in found:
            for endpoint, counts in reading.endpoints.items():
                for labels, value in metric.samples(counts):
                    family.add_metric(self.values(reading, endpoint, *labels), value)
        return family

    def histogram(
        self, name: str, text: str, read: Callable[[EndpointTally], Histogram], found: list[Reading]
    ) -> Metric:
        """Return a histogram by endpoint."""
        family = HistogramMetricFamily(name, text, labels=self.names("endpoint"))
        for reading in found:
            for endpoint, counts in reading.endpoints.items():
                one = read(counts)
                family.add_metric(self.values(reading, endpoint), cumulative(one), one.total)
        return family

    def client_closes(self, found: list[Reading]) -> Metric:
        """Return the closes that client pages saw, as they told on their next connection."""
        name, text = "websocket_client_reported_closes", "Closes as client pages saw them, told afterwards."
        family = CounterMetricFamily(name, text, labels=self.names("code", "clean"))
        for reading in found:
            for labels, value in reading.client_closes.items():
                family.add_metric(self.values(reading, *labels), value)
        return family

    def record_metric(self, metric: RecordMetric, found: list[Reading]) -> Metric:
        """Return whether the record itself can be trusted."""
        family = metric.family(metric.name, metric.text, labels=self.names())
        for reading in found:
            family.add_metric(self.values(reading), metric.value(reading))
        return family


def render(accept: str) -> tuple[bytes, str]:
    """Return the metrics and their content type, for a scraper's ``Accept`` header."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(LifecycleCollector(current.current()))
    encoder, content_type = choose_encoder(accept)
    return encoder(registry), content_type


def cumulative(one: Histogram) -> list[tuple[str, float]]:
    """Return a histogram's buckets as Prometheus has them: each counts all below its edge."""
    buckets: list[tuple[str, float]] = []
    below = 0
    for edge, count in zip([*(str(edge) for edge in one.edges), "+Inf"], one.counts, strict=True):
        below += count
        buckets.append((edge, below))
    return buckets
