"""Tests of the metrics: names, types and labels as in the contract, values as in the tally."""

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
from lifecycle.verdict.causes import Cause, Verdict
from tests.factories import CHAT, count_traffic, make_facts
from tests.metrics.contract import CONTRACT

TEXT, OPENMETRICS = "text/plain", "application/openmetrics-text; version=1.0.0"


@pytest.fixture
def busy(recording: Process) -> Process:
    """Return a process that has counted some traffic."""
    count_traffic(recording, code=4777)
    counts = recording.recorder.tally.endpoint(CHAT)
    counts.messages_in, counts.bytes_in, counts.messages_out, counts.bytes_out = 5, 50, 7, 70
    assert recording.recorder.spool
    recording.recorder.spool.append(b"1\n")
    return recording


def samples() -> dict[str, list[Sample]]:
    """Scrape the metrics, and return the samples by name."""
    found: dict[str, list[Sample]] = {}
    for family in parser.text_string_to_metric_families(collector.render(TEXT)[0].decode()):
        for sample in family.samples:
            found.setdefault(sample.name, []).append(sample)
    return found


def value(name: str, **labels: str) -> float | None:
    """Scrape the metrics, and return the value of one sample; ``None`` if it does not exist."""
    return next((sample.value for sample in samples().get(name, ()) if sample.labels == labels), None)


def test_contract__names_types_and_labels(busy: Process) -> None:
    found = {
        metric.name: (metric.type, {label for sample in metric.samples for label in sample.labels} - {"le"})
        for metric in collector.LifecycleCollector(busy).collect()
    }
    assert found == CONTRACT


def test_contract__every_metric_has_a_help_text(busy: Process) -> None:
    assert all(metric.documentation.endswith(".") for metric in collector.LifecycleCollector(busy).collect())


def test_counters__names_end_in_total(busy: Process) -> None:
    expected = {f"{name}_total" for name, (kind, _) in CONTRACT.items() if kind == "counter"}
    assert expected <= samples().keys()


def test_values__come_from_the_tally(busy: Process) -> None:
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


def test_values__of_the_recorder_and_the_spool(busy: Process) -> None:
    assert value("lifecycle_events_recorded_total") == 11
    assert value("lifecycle_events_dropped_total") == 2
    assert value("lifecycle_spool_events") == 1
    assert value("lifecycle_last_write_timestamp_seconds") == 0
    assert value("lifecycle_build_info", version=__version__) == 1


def test_values__opened_minus_closed_equals_open(busy: Process) -> None:
    closed = sum(sample.value for sample in samples()["websocket_connections_closed_total"])
    assert value("websocket_connections_opened_total", endpoint=CHAT) == closed + 2


def test_histogram__is_cumulative_with_sum_and_count(busy: Process) -> None:
    name = "websocket_connection_duration_seconds"
    found = [sample for sample in samples()[f"{name}_bucket"] if sample.labels["endpoint"] == CHAT]
    buckets = {sample.labels["le"]: sample.value for sample in found}
    assert list(buckets) == [*(str(edge) for edge in DURATION_EDGES), "+Inf"]
    assert (buckets["29.0"], buckets["31.0"], buckets["+Inf"]) == (0, 1, 1)
    assert (value(f"{name}_sum", endpoint=CHAT), value(f"{name}_count", endpoint=CHAT)) == (30.0, 1)


@pytest.mark.parametrize("seconds", [30, 60, 100, 300, 600, 3600, 7200, 86400])
def test_histogram__edges_enclose_common_timeouts(seconds: int) -> None:
    assert {seconds - 1.0, seconds + 1.0} <= set(DURATION_EDGES)
    assert seconds not in DURATION_EDGES


@pytest.mark.parametrize(
    ("accept", "content_type", "parse"),
    [
        ("", "text/plain", parser.text_string_to_metric_families),
        (TEXT, "text/plain", parser.text_string_to_metric_families),
        (OPENMETRICS, "application/openmetrics-text", openmetrics_parser.text_string_to_metric_families),
    ],
    ids=["no header", "text", "OpenMetrics"],
)
def test_render__format_follows_the_accept_header(
    busy: Process, accept: str, content_type: str, parse: Callable[[str], object]
) -> None:
    body, rendered_type = collector.render(accept)
    assert rendered_type.startswith(content_type)
    names = {family.name for family in parse(body.decode())}  # type: ignore[attr-defined]
    assert {name.removesuffix("_info") for name in CONTRACT} <= {name.removesuffix("_info") for name in names}


def test_render__endpoint_with_special_characters_is_escaped(recording: Process) -> None:
    endpoint = 'ws/^(?P<a>"\\d+")\n$ä'
    recording.recorder.tally.accepted(endpoint, 0.0, time.time())
    assert value("websocket_connections_open", endpoint=endpoint) == 1


def test_render__without_a_process_has_only_the_version() -> None:
    assert samples().keys() == {"lifecycle_build_info"}


def test_render__labels_identify_no_client(busy: Process) -> None:
    labels = {label for found in samples().values() for sample in found for label in sample.labels}
    assert labels == {"endpoint", "code", "initiator", "cause", "direction", "clean", "version", "le"}


def test_values__refusals_with_and_without_rows_are_counted_once(recording: Process) -> None:
    recording.recorder.refusals.rows.rate = 0
    for _ in range(100):
        recording.recorder.ended(make_facts(ended_at=1.0), Verdict(Cause.REJECTED_ORIGIN, None))
    assert 0 < recording.recorder.refusals.counts.total < 100
    recording.recorder.refusals.flush()
    assert value("websocket_handshakes_rejected_total", endpoint="unmatched", cause="rejected_origin") == 100
    assert value("lifecycle_events_dropped_total") == 0
