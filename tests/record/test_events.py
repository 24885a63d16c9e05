"""The columns of each kind of event, encoded and decoded again as in the spool."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.models import ClientReport, Connection
from lifecycle.record import events, lines
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts, Page
from tests.factories import make_facts

VERDICT = Verdict(Cause.CLIENT_APPLICATION, 4001, "why")


def ended_connection() -> Facts:
    """Return the facts of a connection that was accepted and has ended."""
    facts = make_facts(
        id="0198d2c1-7b60-7c3e-9d0a-4f1be4b7a001",
        path="/ws/chat/blue/",
        endpoint="ws/chat/<str:room>/",
        opened_at=1_700_000_000.0,
        accepted_at=1_700_000_000.5,
        ended_at=1_700_000_010.5,
        last_received_at=1_700_000_005.0,
        messages_in=2,
        bytes_in=30,
    )
    facts.route.user_id, facts.page = "42", Page("tab-1", rtt_ms=12.5)
    return facts


def round_trip(event: events.Event) -> dict[str, Any]:
    """Return the kind and the columns of an event, encoded and decoded again."""
    [decoded] = lines.decode_all(lines.encode(event))
    assert decoded is not None
    return {"e": decoded[0], **events.columns_of(decoded)}


def test_open_event__has_no_accept_time() -> None:
    event = round_trip(events.open_event(make_facts(path="/ws/"), "a process"))
    assert (event["e"], event["process_id"], event["endpoint"], event["accepted_at"]) == (
        "open",
        "a process",
        "unmatched",
        None,
    )


def test_accept_event__has_times_in_seconds_since_the_epoch() -> None:
    event = round_trip(events.accept_event(ended_connection(), "a process"))
    assert (event["e"], event["opened_at"], event["accepted_at"]) == ("accept", 1_700_000_000.0, 1_700_000_000.5)


def test_end_event__contains_the_whole_row() -> None:
    event = round_trip(events.end_event(ended_connection(), VERDICT, "a process"))
    columns = {field.attname for field in Connection._meta.concrete_fields}
    reported_by_the_client = {"client_close_code", "client_was_clean", "client_offline_ms"}
    # Nothing fills the column ``exception`` yet.
    assert event.keys() == columns - reported_by_the_client - {"exception"} | {"e"}
    assert (event["state"], event["closed_at"], event["last_received_at"]) == (
        "closed",
        1_700_000_010.5,
        1_700_000_005.0,
    )
    assert (event["cause"], event["initiator"], event["close_code"]) == ("client_application", "client", 4001)


def test_end_event__of_a_refused_connection_is_rejected_without_a_code() -> None:
    facts = make_facts(ended_at=1.0, sent_code=4403)
    event = round_trip(events.end_event(facts, Verdict(Cause.REJECTED, None), "a process"))
    assert (event["state"], event["close_code"], event["sent_code"], event["accepted_at"]) == (
        "rejected",
        None,
        4403,
        None,
    )


def test_report_event__has_its_own_id_and_that_of_the_connection() -> None:
    event = round_trip(events.report_event(ended_connection(), "status", 1_700_000_001.0, state="hidden", note=""))
    assert event["connection_id"] == ended_connection().id
    assert event["id"] != event["connection_id"]
    columns = {field.attname for field in ClientReport._meta.concrete_fields}
    assert event.keys() - {"e", "tab_id"} <= columns


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        ("x" * 300, "x" * 255),
        ("nul\x00", "nul\N{REPLACEMENT CHARACTER}"),
        ("\ud800", "?"),
        ("ä\N{GRINNING FACE}", "ä\N{GRINNING FACE}"),
    ],
    ids=["long", "nul", "surrogate", "unicode"],
)
def test_reasons__are_text_that_every_database_can_store(reason: str, stored: str) -> None:
    facts = ended_connection()
    facts.sent_reason = reason
    event = round_trip(events.end_event(facts, Verdict(Cause.CLIENT_APPLICATION, 4001, reason), "a process"))
    assert (event["close_reason"], event["sent_reason"]) == (stored, stored)


def test_sent_reason__none_stays_none() -> None:
    assert round_trip(events.end_event(ended_connection(), VERDICT, "a process"))["sent_reason"] is None


def test_endpoint__is_cut_to_fit_its_column() -> None:
    facts = ended_connection()
    facts.route.endpoint = "a" * 400
    assert len(round_trip(events.end_event(facts, VERDICT, "a process"))["endpoint"]) == 255
