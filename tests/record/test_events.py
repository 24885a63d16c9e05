"""Events: their columns, and that they read back as they were written."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest

from lifecycle.models import ClientReport, Connection
from lifecycle.record import events
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts, new_id

VERDICT = Verdict(Cause.CLIENT_APPLICATION, 4001, "why")


def a_life() -> Facts:
    """Return the facts of a connection from handshake to end."""
    facts = Facts(
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
    facts.user_id, facts.tab_id, facts.rtt_ms = "42", "tab-1", 12.5
    return facts


def told(event: events.Event) -> dict[str, Any]:
    """Return the kind and the columns of an event after encoding and decoding."""
    [back] = events.decode_all(events.encode(event))
    assert back is not None
    return {"e": back[0], **events.columns_of(back)}


def test_open_event__knows_no_accept() -> None:
    event = told(events.open_event(Facts(path="/ws/"), "a process"))
    assert (event["e"], event["process_id"], event["endpoint"], event["accepted_at"]) == (
        "open",
        "a process",
        "unmatched",
        None,
    )


def test_accept_event__says_when_in_seconds_since_the_epoch() -> None:
    event = told(events.accept_event(a_life(), "a process"))
    assert (event["e"], event["opened_at"], event["accepted_at"]) == ("accept", 1_700_000_000.0, 1_700_000_000.5)


def test_end_event__is_the_whole_row() -> None:
    event = told(events.end_event(a_life(), VERDICT, "a process"))
    columns = {field.attname for field in Connection._meta.concrete_fields}
    told_by_the_client = {"client_close_code", "client_was_clean", "client_offline_ms"}
    assert event.keys() == columns - told_by_the_client | {"e"}
    assert (event["state"], event["closed_at"], event["last_received_at"]) == (
        "closed",
        1_700_000_010.5,
        1_700_000_005.0,
    )
    assert (event["cause"], event["initiator"], event["close_code"]) == ("client_application", "client", 4001)


def test_end_event__of_a_refusal_is_rejected_without_a_code() -> None:
    facts = Facts(ended_at=1.0, sent_code=4403)
    event = told(events.end_event(facts, Verdict(Cause.REJECTED, None), "a process"))
    assert (event["state"], event["close_code"], event["sent_code"], event["accepted_at"]) == (
        "rejected",
        None,
        4403,
        None,
    )


def test_report_event__belongs_to_the_connection_and_has_columns_of_its_own() -> None:
    event = told(events.report_event(a_life(), "status", 1_700_000_001.0, state="hidden", note=""))
    assert event["connection_id"] == a_life().id
    assert event["id"] != event["connection_id"]
    columns = {field.attname for field in ClientReport._meta.concrete_fields}
    assert event.keys() - {"e", "tab_id"} <= columns


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("x" * 300, "x" * 255),
        ("nul\x00", "nul\N{REPLACEMENT CHARACTER}"),
        ("\ud800", "?"),
        ("ä\N{GRINNING FACE}", "ä\N{GRINNING FACE}"),
    ],
    ids=["long", "nul", "surrogate", "unicode"],
)
def test_reasons__are_such_that_every_database_keeps_them(reason: str, kept: str) -> None:
    facts = a_life()
    facts.sent_reason = reason
    event = told(events.end_event(facts, Verdict(Cause.CLIENT_APPLICATION, 4001, reason), "a process"))
    assert (event["close_reason"], event["sent_reason"]) == (kept, kept)


def test_sent_reason__that_was_none_stays_none() -> None:
    assert told(events.end_event(a_life(), VERDICT, "a process"))["sent_reason"] is None


def test_endpoint__fits_its_column() -> None:
    facts = a_life()
    facts.endpoint = "a" * 400
    assert len(told(events.end_event(facts, VERDICT, "a process"))["endpoint"]) == 255


def test_encode__is_checksum_and_json_on_one_line() -> None:
    line = events.encode({"e": "open", "path": "/a\nb"})
    checksum, body = line[:8], line[9:-1]
    assert int(checksum, 16) == zlib.crc32(body)
    assert json.loads(body) == {"e": "open", "path": "/a\nb"}
    assert line.count(b"\n") == 1


WHOLE = events.encode({"e": "open"}).rstrip(b"\n")


@pytest.mark.parametrize(
    "line",
    [WHOLE[:-1], WHOLE[1:], b"zzzzzzzz" + WHOLE[8:], b"00000000" + WHOLE[8:], b"x", b"\x00\xff" * 20, WHOLE * 2],
    ids=["torn at its end", "torn at its start", "no checksum", "wrong checksum", "short", "binary", "doubled"],
)
def test_decode__of_a_damaged_line_is_none(line: bytes) -> None:
    assert events.decode(line) is None


def test_decode_all__passes_over_the_damaged_and_keeps_the_order() -> None:
    first, second = {"e": "open", "n": 1}, {"e": "end", "n": 2}
    data = events.encode(first) + b"garbage\n\n" + events.encode(second) + WHOLE[:5]
    assert list(events.decode_all(data)) == [first, None, second, None]


def test_latest_lines__are_those_that_say_most_of_each_connection_and_every_report() -> None:
    facts = a_life()
    handshake, accept = events.open_event(facts, "p"), events.accept_event(facts, "p")
    end = events.end_event(facts, VERDICT, "p")
    reports = [events.report_event(facts, "hello", 1.0), events.report_event(facts, "status", 2.0)]
    someone = a_life()
    someone.id = new_id()
    other = events.accept_event(someone, "p")
    data = b"".join(map(events.encode, [end, reports[0], accept, handshake, other, reports[1]])) + b"garbage"
    lines, damaged = events.latest_lines(data)
    found = {kind: list(map(tuple, events.decode_lines(bodies))) for kind, bodies in lines.items()}
    assert found == {"accept": [other], "end": [end], "report": reports}
    assert damaged == 1


def test_decode_lines__of_an_invalid_event_raises() -> None:
    with pytest.raises(ValueError, match="no event"):
        list(events.decode_lines([b'["end","an id"]']))
