"""The metrics: their names, help texts and labels, and the functions that read them from the counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.histograms import Histogram
from lifecycle.metrics.readings import Reading

Labels = tuple[str, ...]
Samples = Iterable[tuple[Labels, float]]


class Definition(NamedTuple):
    """A gauge or a counter; ``samples`` returns each sample of a process as its label values and its value."""

    family: type[GaugeMetricFamily] | type[CounterMetricFamily]
    name: str
    text: str
    labels: Labels
    samples: Callable[[Reading], Samples]


class HistogramDefinition(NamedTuple):
    """A histogram with the label ``endpoint``."""

    name: str
    text: str
    histogram: Callable[[EndpointTally], Histogram]


def by_endpoint(samples: Callable[[EndpointTally], Samples]) -> Callable[[Reading], Samples]:
    """Return a function that returns the samples of all endpoints, with the endpoint as the first label."""

    def samples_of_all(reading: Reading) -> Iterator[tuple[Labels, float]]:
        for endpoint, counts in reading.endpoints.items():
            for labels, value in samples(counts):
                yield (endpoint, *labels), value

    return samples_of_all


def by_cause(counts: Iterable[tuple[str, int]]) -> Samples:
    """Return one sample for each cause, with the label ``cause``."""
    return [((cause,), value) for cause, value in counts]


METRICS = (
    Definition(
        GaugeMetricFamily,
        "websocket_connections_open",
        "WebSocket connections that are open now.",
        ("endpoint",),
        by_endpoint(lambda counts: [((), counts.open)]),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_connections_opened",
        "Accepted WebSocket connections.",
        ("endpoint",),
        by_endpoint(lambda counts: [((), counts.opened)]),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_reconnects",
        "Connections that replace an earlier connection of the same page.",
        ("endpoint",),
        by_endpoint(lambda counts: [((), counts.reconnects)]),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_connections_closed",
        "Ends of accepted WebSocket connections, by close code and initiator.",
        ("endpoint", "code", "initiator"),
        by_endpoint(lambda counts: counts.closed.items()),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_disconnects",
        "Ends of accepted WebSocket connections, by cause.",
        ("endpoint", "cause"),
        by_endpoint(lambda counts: by_cause(counts.disconnects.items())),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_handshakes_rejected",
        "Handshakes that did not lead to a connection, by cause.",
        ("endpoint", "cause"),
        by_endpoint(lambda counts: by_cause(counts.rejected.items())),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_messages",
        "WebSocket messages from clients (in) and to clients (out).",
        ("endpoint", "direction"),
        by_endpoint(lambda counts: [(("in",), counts.messages_in), (("out",), counts.messages_out)]),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_message_bytes",
        "Payload bytes of WebSocket messages from clients (in) and to clients (out).",
        ("endpoint", "direction"),
        by_endpoint(lambda counts: [(("in",), counts.bytes_in), (("out",), counts.bytes_out)]),
    ),
    Definition(
        CounterMetricFamily,
        "websocket_client_reported_closes",
        "Ends of connections as client pages report them on their next connection.",
        ("code", "clean"),
        lambda reading: reading.client_closes.items(),
    ),
    Definition(
        CounterMetricFamily,
        "lifecycle_events_recorded",
        "Events appended to the spool.",
        (),
        lambda reading: [((), reading.recorded)],
    ),
    Definition(
        CounterMetricFamily,
        "lifecycle_events_dropped",
        "Events that could not be recorded.",
        (),
        lambda reading: [((), reading.dropped)],
    ),
    Definition(
        GaugeMetricFamily,
        "lifecycle_spool_events",
        "Events in the spool that have not been written to the database.",
        (),
        lambda reading: [((), reading.backlog)],
    ),
    Definition(
        GaugeMetricFamily,
        "lifecycle_last_write_timestamp_seconds",
        "Time of the last write to the database, in seconds since the epoch; 0 before the first write.",
        (),
        lambda reading: [((), reading.last_write)],
    ),
)

HISTOGRAMS = (
    HistogramDefinition(
        "websocket_handshake_duration_seconds",
        "Time from the handshake request to the accept.",
        lambda counts: counts.handshakes,
    ),
    HistogramDefinition(
        "websocket_connection_duration_seconds",
        "Time from the accept of a connection to its end.",
        lambda counts: counts.durations,
    ),
    HistogramDefinition(
        "websocket_heartbeat_rtt_seconds",
        "Round-trip times of heartbeats, as measured by client pages.",
        lambda counts: counts.round_trips,
    ),
)
