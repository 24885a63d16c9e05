"""Tests of the steps of the timeline, for each kind of connection."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lifecycle.admin.timeline import Step, build, lasted
from lifecycle.models import ClientReport, Connection
from tests import factories

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ID, PREVIOUS, NEXT = (UUID(int=number) for number in (1, 2, 3))


def after(seconds: float) -> datetime:
    """Return the time ``seconds`` after the handshake."""
    return AT + timedelta(seconds=seconds)


def connection(**columns: Any) -> Connection:  # noqa: ANN401 - columns
    """Return an accepted connection that has ended; ``columns`` replace single values."""
    defaults = {
        "id": ID,
        "path": "/ws/chat/lobby/",
        "client_ip": "203.0.113.7",
        "opened_at": AT,
        "accepted_at": after(0.012),
        "closed_at": after(60),
        "close_code": 1001,
        "cause": "client_going_away",
    }
    return factories.connection(**defaults | columns)


def titles(steps: list[Step]) -> list[str]:
    return [step.title for step in steps]


def step_of(kind: str, steps: list[Step]) -> Step:
    """Return the only step of a kind."""
    (step,) = (step for step in steps if step.kind == kind)
    return step


def test_build__handshake_accept_and_end_in_order() -> None:
    assert titles(build(connection())) == [
        "Handshake from 203.0.113.7",
        "Accepted after 12 ms",
        "Closed by the client: 1001",
    ]


def test_build__handshake_has_path_and_origin_without_an_address() -> None:
    step = build(connection(client_ip=None, origin="https://a.example"))[0]
    assert step == Step(AT, "Handshake", "path /ws/chat/lobby/, page from https://a.example", "handshake")


def test_build__accept_has_the_subprotocol() -> None:
    assert step_of("accept", build(connection(subprotocol="lifecycle.v1"))).detail == "subprotocol lifecycle.v1"


def test_build__traffic_is_at_the_time_of_the_last_message() -> None:
    received = {"last_received_at": after(8), "messages_in": 33, "bytes_in": 4212}
    sent = {"last_sent_at": after(9), "messages_out": 1, "bytes_out": 5}
    steps = build(connection(**sent, **received))
    assert [(step.at, step.title, step.detail) for step in steps[2:4]] == [
        (after(8), "Last message from the client", "33 messages, 4.1\xa0KB of payload"),
        (after(9), "Last message to the client", "1 message, 5\xa0bytes of payload"),
    ]


def test_build__hello_describes_and_links_the_previous_connection() -> None:
    hello = ClientReport(
        kind="hello",
        at=after(1),
        page="/chat",
        previous_id=PREVIOUS,
        previous_code=1006,
        previous_clean=False,
        offline_ms=3200,
    )
    step = step_of("report", build(connection(), [hello]))
    assert step.title == "The page sends hello"
    assert step.detail == "page /chat; its previous connection ended: 1006, not clean, offline for 3.2 s"
    assert step.connection_id == PREVIOUS


def test_build__status_with_a_note() -> None:
    status = ClientReport(kind="status", at=after(1), state="hidden", note="lunch")
    step = step_of("report", build(connection(), [status]))
    assert (step.title, step.detail) == ("The page reports: hidden", "lunch")


def test_build__server_close_has_the_code_sent_and_the_resulting_end() -> None:
    steps = build(
        connection(
            sent_code=4002,
            sent_reason="moved",
            close_code=4002,
            close_reason="moved",
            cause="server_application",
            initiator="server",
        )
    )
    assert titles(steps[2:]) == ["The application sends close 4002 “moved”", "Ended by the server: 4002 “moved”"]


@pytest.mark.parametrize(
    ("initiator", "code", "title"),
    [
        ("client", 1000, "Closed by the client: 1000"),
        ("server", 1012, "Ended by the server: 1012"),
        ("network", 1006, "Lost: 1006"),
        ("unknown", 1006, "Ended: 1006"),
    ],
)
def test_build__end_names_the_initiator(initiator: str, code: int, title: str) -> None:
    assert step_of("end", build(connection(initiator=initiator, close_code=code))).title == title


def test_build__end_explains_the_code_and_is_marked_as_an_estimate() -> None:
    step = step_of("end", build(connection(close_code=1006, cause="process_lost", exact=False)))
    assert step.at == after(60)
    assert step.detail.startswith("abnormal closure: ")
    assert step.detail.endswith("; estimated: the end itself was not observed")


def test_build__refusal_has_the_code_that_the_application_sent() -> None:
    refused = {"state": "rejected", "accepted_at": None, "close_code": None, "cause": "rejected"}
    steps = build(connection(**refused, initiator="server", sent_code=4401, sent_reason="expired"))
    assert titles(steps) == [
        "Handshake from 203.0.113.7",
        "The application sends close 4401 “expired”",
        "Refused by the application",
    ]
    assert step_of("sent", steps).detail.endswith("so the client received HTTP 403 and no close code")


@pytest.mark.parametrize(
    ("accepted_at", "title"), [(AT, "Still open"), (None, "Waiting for the application to accept")]
)
def test_build__connection_that_has_not_ended(accepted_at: datetime | None, title: str) -> None:
    unended = connection(state="open", accepted_at=accepted_at, closed_at=None, close_code=None, cause="")
    assert step_of("open", build(unended)).title == title


@pytest.mark.parametrize(
    ("code", "clean", "offline_ms", "detail"),
    [
        (1006, False, 3200, "1006, not clean, offline for 3.2 s"),
        (1000, True, None, "1000, clean"),
        (None, False, 5, "not clean, offline for 5 ms"),
    ],
)
def test_build__client_side_comes_last(code: int | None, clean: bool, offline_ms: int | None, detail: str) -> None:
    ended = connection(client_close_code=code, client_was_clean=clean, client_offline_ms=offline_ms)
    assert build(ended)[-1] == Step(None, "How the client saw this end", detail, "client")


def test_build__successor_comes_last_and_is_linked() -> None:
    step = build(connection(), successor=connection(id=NEXT, opened_at=after(61)))[-1]
    assert (step.at, step.title, step.connection_id) == (after(61), "The same page connected again", NEXT)


@pytest.mark.parametrize(
    ("columns", "words"),
    [({}, "59 s"), ({"closed_at": None}, "1 min 59 s"), ({"accepted_at": None}, "")],
)
def test_lasted__from_accept_to_end_or_now(columns: dict[str, Any], words: str) -> None:
    assert lasted(connection(**columns), now=after(120)) == words


def test_build__application_that_returned_earlier_than_the_end_has_a_step() -> None:
    steps = build(connection(application_ended_at=after(3), last_received_at=after(5), messages_in=1))
    assert titles(steps) == [
        "Handshake from 203.0.113.7",
        "Accepted after 12 ms",
        "The application returned without closing the connection",
        "Last message from the client",
        "Closed by the client: 1001",
    ]
    assert steps[2].at == after(3)
