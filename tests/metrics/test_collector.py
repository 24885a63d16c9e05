"""Metrics: names, types and labels follow the contract, values follow the tally."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.samples import Sample

from lifecycle import __version__
from lifecycle.counts.histograms import DURATION_EDGES
from lifecycle.metrics import collector
from lifecycle.server.process import Process
from tests.factories import CHAT, count_traffic
from tests.metrics.contract import CONTRACT

TEXT, OPENMETRICS = "text/plain", "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def busy(recording: Process) -> Process:
    """Return a process after some traffic."""
    count_traffic(recording, code=4777)
    counts = recording.recorder.tally.endpoint(CHAT)
    counts.messages_in, counts.bytes_in, counts.messages_out, counts.bytes_out = 5, 50, 7, 70
    assert recording.recorder.spool
    recording.recorder.spool.append(b"1\n")
    return recording


def samples() -> dict[str, list[Sample]]:
    """Return the samples of a scrape by name."""
    found: dict[str, list[Sample]] = {}
    for family in parser.text_string_to_metric_families(collector.render(TEXT)[0].decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def value(name: str, **labels: str) -> float | None:
    """Return the value of one sample of a scrape."""
    return next((one.value for one in samples().get(name, ()) if one.labels == labels), None)


def test_contract__names_types_and_labels_are_exactly_these(busy: Process) -> None:
    found = {
        metric.name: (metric.type, {label for sample in metric.samples for label in sample.labels} - {"le"})
        for metric in collector.LifecycleCollector(busy).collect()
    }
    assert found == CONTRACT


def test_contract__every_metric_is_explained(busy: Process) -> None:
    assert all(metric.documentation.endswith(".") for metric in collector.LifecycleCollector(busy).collect())


def test_counters__have_their_suffix_on_the_wire(busy: Process) -> None:
    wanted = {f"{name}_total" for name, (kind, _) in CONTRACT.items() if kind == "counter"}
    assert wanted <= samples().keys()


def test_values__are_those_of_the_tally(busy: Process) -> None:
    assert value("websocket_connections_open", endpoint=CHAT) == 2
    assert value("websocket_connections_opened_total", endpoint=CHAT) == 3
    assert value("websocket_connections_closed_total", endpoint=CHAT, code="other", initiator="client") == 1
    assert value("websocket_disconnects_total", endpoint=CHAT, cause="client_application") == 1
    assert value("websocket_handshakes_rejected_total", endpoint="unmatched", cause="rejected_unmatched") == 1
    assert value("websocket_messages_total", endpoint=CHAT, direction="in") == 5
    assert value("websocket_messages_total", endpoint=CHAT, direction="out") == 7
    assert value("websocket_message_bytes_total", endpoint=CHAT, direction="in") == 50
    assert value("websocket_message_bytes_total", endpoint=CHAT, direction="out") == 70
    assert value("websocket_client_reported_closes_total", code="1006", clean="false") == 1
    assert value("websocket_reconnects_total", endpoint=CHAT) == 1


def test_values__of_the_record_itself(busy: Process) -> None:
    assert value("lifecycle_events_recorded_total") == 11
    assert value("lifecycle_events_dropped_total") == 2
    assert value("lifecycle_spool_events") == 1
    assert value("lifecycle_last_write_timestamp_seconds") == 0
    assert value("lifecycle_build_info", version=__version__) == 1


def test_opened_less_closed__is_open_in_a_scrape(busy: Process) -> None:
    closed = sum(one.value for one in samples()["websocket_connections_closed_total"])
    assert value("websocket_connections_opened_total", endpoint=CHAT) == closed + 2


def test_histogram__is_cumulative_with_sum_and_count(busy: Process) -> None:
    name = "websocket_connection_duration_seconds"
    buckets = {
        one.labels["le"]: one.value for one in samples()[f"{name}_bucket"] if one.labels["endpoint"] == CHAT
    }
    assert list(buckets) == [*(str(edge) for edge in DURATION_EDGES), "+Inf"]
    assert (buckets["29.0"], buckets["31.0"], buckets["+Inf"]) == (0, 1, 1)
    assert (value(f"{name}_sum", endpoint=CHAT), value(f"{name}_count", endpoint=CHAT)) == (30.0, 1)


@pytest.mark.parametrize("seconds", [30, 60, 100, 300, 600, 3600, 7200, 86400])
def test_histogram__has_edges_beside_the_timeouts_that_people_set(seconds: int) -> None:
    assert {seconds - 1.0, seconds + 1.0} <= set(DURATION_EDGES)
    assert seconds not in DURATION_EDGES


@pytest.mark.parametrize(
    ("accept", "content_type", "parse"),
    [
        ("", "text/plain", parser.text_string_to_metric_families),
        (TEXT, "text/plain", parser.text_string_to_metric_families),
        (OPENMETRICS, "application/openmetrics-text", openmetrics_parser.text_string_to_metric_families),
    ],
    ids=["nothing said", "text", "OpenMetrics"],
)
def test_render__is_what_the_scraper_accepts(
    busy: Process, accept: str, content_type: str, parse: Callable[[str], object]
) -> None:
    body, told = collector.render(accept)
    assert told.startswith(content_type)
    names = {family.name for family in parse(body.decode())}  # type: ignore[attr-defined]
    assert {name.removesuffix("_info") for name in CONTRACT} <= {name.removesuffix("_info") for name in names}


def test_render__endpoint_of_any_text_is_a_sound_label(recording: Process) -> None:
    strange = 'ws/^(?P<a>"\\d+")\n$ä'
    recording.recorder.tally.accepted(strange, 0.0, time.time())
    assert value("websocket_connections_open", endpoint=strange) == 1


def test_render__without_a_process_tells_the_version() -> None:
    assert samples().keys() == {"lifecycle_build_info"}


def test_render__no_visitor_becomes_a_label(busy: Process) -> None:
    labels = {label for found in samples().values() for sample in found for label in sample.labels}
    assert labels == {"endpoint", "code", "initiator", "cause", "direction", "clean", "version", "le"}
