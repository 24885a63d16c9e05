"""The verdict on each kind of end, from the facts that each server provides."""

from __future__ import annotations

import pytest

from lifecycle.verdict.causes import Cause, Initiator, Verdict
from lifecycle.verdict.classify import classify
from lifecycle.verdict.facts import Facts, Hint
from lifecycle.verdict.implementations import (
    DAPHNE,
    UNKNOWN,
    UVICORN_WEBSOCKETS,
    UVICORN_WSPROTO,
    Implementation,
)
from lifecycle.verdict.implementations import UVICORN_SANSIO as UVICORN
from tests.factories import make_facts

#: The capture does not identify Hypercorn and Granian.
HYPERCORN = GRANIAN = UNKNOWN
#: The causes of each initiator, as in the contract (docs/servers.md).
INITIATORS = {
    "client": {
        "client_normal",
        "client_going_away",
        "client_no_status",
        "client_application",
        "protocol_error",
        "abandoned",
    },
    "server": {
        "server_normal",
        "server_application",
        "server_error",
        "server_timeout",
        "server_shutdown",
        "process_lost",
        "rejected",
        "rejected_origin",
        "rejected_unmatched",
        "handshake_error",
        "handshake_timeout",
    },
    "network": {"network_lost", "heartbeat_lost"},
    "unknown": {"unknown"},
}


def accepted(server: Implementation, **values: object) -> Facts:
    """Return the facts of an accepted connection that ended one second after its last message."""
    times = {"opened_at": 100.0, "accepted_at": 100.1, "last_received_at": 200.0, "ended_at": 201.0}
    return make_facts(**{"implementation": server, **times, **values})


def disconnected(server: Implementation, code: int | None, **values: object) -> Facts:
    """Return the facts of an accepted connection after the server's ``websocket.disconnect``."""
    return accepted(server, received_end=True, received_code=code, **values)


def refused(server: Implementation, **values: object) -> Facts:
    """Return the facts of a handshake that was never completed."""
    return make_facts(**{"implementation": server, "opened_at": 100.0, "ended_at": 101.0, **values})


def silent(server: Implementation, seconds: float, **values: object) -> Facts:
    """Return the facts of a connection that ended without a close frame, ``seconds`` after its last message."""
    values = {"last_received_at": 200.0, "ended_at": 200.0 + seconds, **values}
    return disconnected(server, 1006, **values)


#: The facts, and the cause, code and reason of the verdict.
CLIENT_CLOSES = {
    "uvicorn websockets, closed before the application closed": (
        accepted(UVICORN_WEBSOCKETS, close_sent=True, sent_code=4002, hint=Hint.CLIENT_CLOSED, close_code=4001),
        "client_application",
        4001,
        "",
    ),
    "daphne 1000": (disconnected(DAPHNE, 1000, received_reason=""), "client_normal", 1000, ""),
    "uvicorn 1000": (disconnected(UVICORN, 1000, received_reason=""), "client_normal", 1000, ""),
    "daphne 1001": (disconnected(DAPHNE, 1001), "client_going_away", 1001, ""),
    "uvicorn 1001": (disconnected(UVICORN, 1001, received_reason=""), "client_going_away", 1001, ""),
    "daphne 4001, reason from autobahn": (
        disconnected(DAPHNE, 4001, received_reason="why"),
        "client_application",
        4001,
        "why",
    ),
    "daphne 4001, reason dropped": (disconnected(DAPHNE, 4001), "client_application", 4001, ""),
    "uvicorn 4001": (disconnected(UVICORN, 4001, received_reason="why"), "client_application", 4001, "why"),
    "daphne 3000": (disconnected(DAPHNE, 3000), "client_application", 3000, ""),
    "uvicorn 4999": (disconnected(UVICORN, 4999, received_reason=""), "client_application", 4999, ""),
    "daphne, no code": (disconnected(DAPHNE, None), "client_no_status", 1005, ""),
    "uvicorn, no code": (disconnected(UVICORN, 1005, received_reason=""), "client_no_status", 1005, ""),
    "uvicorn, client sends 1011": (
        disconnected(UVICORN, 1011, received_reason="oops"),
        "client_application",
        1011,
        "oops",
    ),
    "uvicorn, client sends 1012": (
        disconnected(UVICORN, 1012, received_reason="mine"),
        "client_application",
        1012,
        "mine",
    ),
    "uvicorn, unregistered code": (disconnected(UVICORN, 2500, received_reason=""), "unknown", 2500, ""),
}
PROTOCOL_ERRORS = {
    "uvicorn wsproto, bad UTF-8": (
        disconnected(UVICORN_WSPROTO, 1007, received_reason="bad", hint=Hint.PROTOCOL_FAILURE, close_code=1006),
        "protocol_error",
        1006,
        "bad",
    ),
    "uvicorn websockets, bad UTF-8": (
        disconnected(UVICORN_WEBSOCKETS, 1006, received_reason="", hint=Hint.PROTOCOL_FAILURE, close_code=1007),
        "protocol_error",
        1007,
        "",
    ),
    "daphne, autobahn reports a protocol error": (
        disconnected(DAPHNE, 1006, hint=Hint.PROTOCOL_FAILURE),
        "protocol_error",
        1006,
        "",
    ),
    "uvicorn 1007, bad UTF-8": (disconnected(UVICORN, 1007, received_reason=""), "protocol_error", 1007, ""),
    "uvicorn 1009, too big": (disconnected(UVICORN, 1009, received_reason="big"), "protocol_error", 1009, "big"),
    "uvicorn 1002, unmasked": (disconnected(UVICORN, 1002, received_reason=""), "protocol_error", 1002, ""),
    "daphne, client sends 1003": (disconnected(DAPHNE, 1003), "protocol_error", 1003, ""),
    "daphne, client sends 1010": (disconnected(DAPHNE, 1010), "protocol_error", 1010, ""),
}
SERVER_CLOSES = {
    "uvicorn websockets, the disconnect arrives before the close returns": (
        disconnected(UVICORN_WEBSOCKETS, 4999, sent_code=4002, hint=Hint.APPLICATION_CLOSED),
        "server_application",
        4002,
        "",
    ),
    "daphne 4002, echoed": (
        disconnected(DAPHNE, 4002, close_sent=True, sent_code=4002, sent_reason="full"),
        "server_application",
        4002,
        "",
    ),
    "daphne, an outer application closes": (
        disconnected(DAPHNE, 1000, hint=Hint.SERVER_CLOSED, close_code=4003, close_reason=""),
        "server_application",
        4003,
        "",
    ),
    "uvicorn, an outer application closes": (
        disconnected(
            UVICORN, 1000, received_reason="x", hint=Hint.SERVER_CLOSED, close_code=1000, close_reason="x"
        ),
        "server_normal",
        1000,
        "x",
    ),
    "uvicorn wsproto, close(1006) is sent as 1000": (
        accepted(UVICORN_WSPROTO, close_sent=True, sent_code=1006, hint=Hint.APPLICATION_CLOSED, close_code=1000),
        "server_normal",
        1000,
        "",
    ),
    "uvicorn wsproto, a code that does not fit into the column": (
        accepted(UVICORN_WSPROTO, close_sent=True, sent_code=40_000, hint=Hint.APPLICATION_CLOSED),
        "server_application",
        1006,
        "",
    ),
    "uvicorn 4002 with a reason": (
        disconnected(UVICORN, 4002, close_sent=True, sent_code=4002, sent_reason="full"),
        "server_application",
        4002,
        "full",
    ),
    "daphne 4002, echo of another code": (
        disconnected(DAPHNE, 1000, close_sent=True, sent_code=4002),
        "server_application",
        4002,
        "",
    ),
    "daphne 4002, never echoed": (
        disconnected(DAPHNE, 1006, close_sent=True, sent_code=4002),
        "server_application",
        4002,
        "",
    ),
    "uvicorn, server 4002": (
        disconnected(UVICORN, 4002, close_sent=True, sent_code=4002),
        "server_application",
        4002,
        "",
    ),
    "uvicorn 1011 on purpose": (
        disconnected(UVICORN, 1005, close_sent=True, sent_code=1011, sent_reason="broken"),
        "server_application",
        1011,
        "broken",
    ),
    "daphne, server 1000": (
        disconnected(DAPHNE, 1000, close_sent=True, sent_code=1000),
        "server_normal",
        1000,
        "",
    ),
    "uvicorn, server 1000": (
        disconnected(UVICORN, 1005, close_sent=True, sent_code=1000),
        "server_normal",
        1000,
        "",
    ),
    "daphne, application closes and returns": (
        accepted(DAPHNE, close_sent=True, sent_code=4002, returned=True),
        "server_application",
        4002,
        "",
    ),
    "granian, 1005 after every server close": (
        disconnected(GRANIAN, 1005, close_sent=True, sent_code=4002),
        "server_application",
        4002,
        "",
    ),
}
APPLICATION_ENDS = {
    "daphne, consumer raises": (accepted(DAPHNE, raised=True), "server_error", 1011, ""),
    "uvicorn, consumer raises": (accepted(UVICORN, raised=True), "server_error", 1006, ""),
    "daphne, close(1011) raises": (accepted(DAPHNE, raised=True, sent_code=1011), "server_error", 1011, ""),
    "uvicorn, the server refuses the close": (
        accepted(UVICORN, raised=True, close_refused=True, sent_code=5000),
        "server_error",
        1006,
        "",
    ),
    "uvicorn websockets, a second close after a refused one": (
        disconnected(
            UVICORN_WEBSOCKETS, 1006, close_refused=True, close_sent=True, sent_code=4002, hint=Hint.PEER_DROPPED
        ),
        "server_error",
        1006,
        "",
    ),
    "daphne, the client's close makes a feed fail": (
        accepted(DAPHNE, raised=True, hint=Hint.CLIENT_CLOSED, close_code=1001),
        "client_going_away",
        1001,
        "",
    ),
    "uvicorn websockets, a lost connection makes a feed fail": (
        accepted(UVICORN_WEBSOCKETS, raised=True, hint=Hint.PEER_DROPPED),
        "network_lost",
        1006,
        "",
    ),
    "daphne, a violation makes a feed fail": (
        accepted(DAPHNE, raised=True, hint=Hint.PROTOCOL_FAILURE),
        "protocol_error",
        1006,
        "",
    ),
    "daphne, an unanswered ping makes a feed fail": (
        accepted(DAPHNE, raised=True, hint=Hint.PING_TIMEOUT),
        "heartbeat_lost",
        1006,
        "",
    ),
    "uvicorn, returns without a close": (accepted(UVICORN, returned=True), "server_error", 1006, ""),
    "daphne, connection limit": (
        disconnected(DAPHNE, 1000, hint=Hint.CONNECTION_LIMIT),
        "server_timeout",
        1000,
        "",
    ),
}
SHUTDOWNS = {
    "daphne, without a disconnect message": (accepted(DAPHNE, stopping=True), "server_shutdown", 1006, ""),
    "daphne, cancelled": (accepted(DAPHNE, stopping=True, cancelled=True), "server_shutdown", 1006, ""),
    "daphne, dropped during the shutdown": (
        disconnected(DAPHNE, 1006, stopping=True),
        "server_shutdown",
        1006,
        "",
    ),
    "uvicorn 1012 before the lifespan": (disconnected(UVICORN, 1012), "server_shutdown", 1012, ""),
    "uvicorn 1012 while stopping": (disconnected(UVICORN, 1012, stopping=True), "server_shutdown", 1012, ""),
}
LOST = {
    "uvicorn websockets, ping timeout": (
        disconnected(UVICORN_WEBSOCKETS, 1006, received_reason="", hint=Hint.PING_TIMEOUT),
        "heartbeat_lost",
        1006,
        "",
    ),
    "uvicorn websockets, RST or FIN": (
        disconnected(UVICORN_WEBSOCKETS, 1006, received_reason="", hint=Hint.PEER_DROPPED),
        "network_lost",
        1006,
        "",
    ),
    "daphne, RST or FIN": (disconnected(DAPHNE, 1006, hint=Hint.PEER_DROPPED), "network_lost", 1006, ""),
    "uvicorn, RST or FIN": (disconnected(UVICORN, 1005, hint=Hint.PEER_DROPPED), "network_lost", 1006, ""),
    "uvicorn, RST without a hint": (disconnected(UVICORN, 1005), "network_lost", 1006, ""),
    "daphne, ping timeout": (
        disconnected(DAPHNE, 1006, hint=Hint.PING_TIMEOUT),
        "heartbeat_lost",
        1006,
        "",
    ),
    "uvicorn, ping timeout": (
        disconnected(UVICORN, 1005, hint=Hint.PING_TIMEOUT),
        "heartbeat_lost",
        1006,
        "",
    ),
    "daphne, transport closed without a disconnect message": (
        accepted(DAPHNE, hint=Hint.PEER_DROPPED),
        "network_lost",
        1006,
        "",
    ),
    "daphne, cancelled without a shutdown": (accepted(DAPHNE, cancelled=True), "unknown", 1006, ""),
}
REFUSALS = {
    "closed before accept": (refused(DAPHNE, refused=True, sent_code=4403), "rejected"),
    "closed before accept, then a disconnect message": (
        refused(DAPHNE, refused=True, received_end=True, received_code=1006),
        "rejected",
    ),
    "refused by the origin check": (refused(UVICORN, refused=True, origin_refused=True), "rejected_origin"),
    "refused by an outer application": (
        refused(UVICORN, received_end=True, hint=Hint.SERVER_CLOSED),
        "rejected",
    ),
    "the server refuses the accept": (
        refused(UVICORN, accept_failed=True, accept_refused=True, raised=True, received_end=True),
        "handshake_error",
    ),
    "no route": (refused(DAPHNE, unmatched=True, raised=True), "rejected_unmatched"),
    "raised before accept": (refused(UVICORN, raised=True), "handshake_error"),
    "returned before accept": (refused(UVICORN, returned=True), "handshake_error"),
    "stuck until autobahn's handshake timeout": (
        refused(DAPHNE, received_end=True, received_code=1006, hint=Hint.HANDSHAKE_LIMIT),
        "handshake_timeout",
    ),
    "stuck until it was cancelled": (refused(DAPHNE, cancelled=True), "handshake_timeout"),
    "stopped before accept": (refused(DAPHNE, cancelled=True, stopping=True), "server_shutdown"),
    "daphne, client gone before accept": (
        refused(DAPHNE, accept_failed=True, received_end=True, received_code=1006),
        "abandoned",
    ),
    "uvicorn, client gone before accept": (refused(UVICORN, accept_failed=True, raised=True), "abandoned"),
    "client gone, application did not answer": (refused(UVICORN, received_end=True), "abandoned"),
    "nothing known": (refused(DAPHNE), "unknown"),
}
ENDS = CLIENT_CLOSES | PROTOCOL_ERRORS | SERVER_CLOSES | APPLICATION_ENDS | SHUTDOWNS | LOST


@pytest.mark.parametrize(("facts", "cause", "code", "reason"), ENDS.values(), ids=ENDS)
def test_classify__end_of_an_accepted_connection(facts: Facts, cause: str, code: int, reason: str) -> None:
    verdict = classify(facts)
    assert (verdict.cause, verdict.code, verdict.reason) == (cause, code, reason)


@pytest.mark.parametrize(("facts", "cause"), REFUSALS.values(), ids=REFUSALS)
def test_classify__handshake_that_was_not_completed_has_no_code(facts: Facts, cause: str) -> None:
    assert classify(facts) == Verdict(Cause(cause), None)


def test_tables__contain_every_cause_except_process_lost() -> None:
    seen = {row[1] for row in (*ENDS.values(), *REFUSALS.values())}
    # A process that died cannot classify its connections. Another process ends them after the heartbeats stop.
    assert seen == {cause.value for cause in Cause} - {"process_lost"}


@pytest.mark.parametrize("cause", Cause)
def test_initiator__matches_the_contract(cause: Cause) -> None:
    [initiator] = [name for name, causes in INITIATORS.items() if cause.value in causes]
    assert cause.initiator == Initiator(initiator)
    assert Verdict(cause, None).initiator == cause.initiator


@pytest.mark.parametrize(
    ("seconds", "limit", "cause"),
    [(49.0, 50.0, "network_lost"), (51.0, 50.0, "heartbeat_lost"), (9.0, 8.0, "heartbeat_lost")],
)
def test_lost__without_a_hint_depends_on_the_silence(seconds: float, limit: float, cause: str) -> None:
    assert classify(silent(DAPHNE, seconds), limit).cause == cause


def test_lost__hint_overrides_the_silence() -> None:
    assert classify(silent(DAPHNE, 3600, hint=Hint.PEER_DROPPED)).cause == "network_lost"


def test_lost__without_a_message_the_silence_starts_at_the_accept() -> None:
    facts = silent(DAPHNE, 0.0, last_received_at=None, accepted_at=100.0, ended_at=200.0)
    assert classify(facts).cause == "heartbeat_lost"


@pytest.mark.parametrize(
    ("facts", "exact"),
    [
        (disconnected(DAPHNE, 1006, hint=Hint.PEER_DROPPED), True),
        (disconnected(UVICORN, 1005, hint=Hint.PEER_DROPPED), True),
        (disconnected(DAPHNE, 1006, hint=Hint.PING_TIMEOUT), False),
        (disconnected(UVICORN, 1005, hint=Hint.PING_TIMEOUT), False),
        (silent(DAPHNE, 60), False),
        (accepted(DAPHNE, hint=Hint.PEER_DROPPED), False),
        (accepted(DAPHNE, cancelled=True), False),
        (disconnected(DAPHNE, 1000), True),
        (accepted(DAPHNE, raised=True), False),
        (accepted(UVICORN, returned=True), False),
        (accepted(UVICORN_WEBSOCKETS, raised=True, hint=Hint.PEER_DROPPED), True),
        (accepted(DAPHNE, raised=True, hint=Hint.PING_TIMEOUT), False),
        (accepted(UVICORN_WSPROTO, close_sent=True, sent_code=40_000), False),
    ],
    ids=[
        "reset",
        "uvicorn reset",
        "pings",
        "uvicorn pings",
        "silent",
        "ghost",
        "cancelled",
        "close",
        "raised",
        "returned",
        "feed",
        "feed, pings",
        "code that does not fit",
    ],
)
def test_exact__is_false_for_an_estimated_end(facts: Facts, exact: bool) -> None:
    assert classify(facts).exact is exact


#: What a server that the capture does not identify can report, and the cause of the verdict.
UNIDENTIFIED = {
    "hypercorn, every client close": (disconnected(HYPERCORN, 1006), "unknown"),
    "granian, every drop": (disconnected(GRANIAN, 1005), "unknown"),
    "daphne behind a wrapper, no code": (disconnected(UNKNOWN, None), "unknown"),
    "uvicorn behind a wrapper, SIGTERM": (disconnected(UNKNOWN, 1012), "unknown"),
    "stopping": (disconnected(UNKNOWN, 1005, stopping=True), "server_shutdown"),
    "daphne behind a wrapper, its time limit": (disconnected(UNKNOWN, 1000), "unknown"),
    "4003 of an outer application": (disconnected(UNKNOWN, 4003, received_reason="why"), "unknown"),
    "1002": (disconnected(UNKNOWN, 1002), "unknown"),
    "accept raises OSError": (refused(UNKNOWN, accept_failed=True, raised=True), "unknown"),
    "accept raises another error": (
        refused(UNKNOWN, accept_failed=True, accept_refused=True, raised=True),
        "handshake_error",
    ),
    "application closes": (accepted(UNKNOWN, close_sent=True, sent_code=4002), "server_application"),
    "application raises": (accepted(HYPERCORN, raised=True), "server_error"),
    "application returns": (accepted(HYPERCORN, returned=True), "server_error"),
    "disconnect before accept": (refused(UNKNOWN, received_end=True, received_code=1006), "unknown"),
    "closed before accept": (refused(UNKNOWN, refused=True, sent_code=4403), "rejected"),
}


@pytest.mark.parametrize(("facts", "cause"), UNIDENTIFIED.values(), ids=UNIDENTIFIED)
def test_unknown_implementation__is_never_exact(facts: Facts, cause: str) -> None:
    verdict = classify(facts)
    assert (verdict.cause, verdict.exact) == (cause, False)


def test_unknown_implementation__may_not_send_the_reason() -> None:
    facts = accepted(UNKNOWN, close_sent=True, sent_code=4002, sent_reason="full")
    assert classify(facts).reason == ""


@pytest.mark.parametrize("server", [DAPHNE, UVICORN, UVICORN_WEBSOCKETS, UVICORN_WSPROTO], ids=lambda it: it.name)
def test_exact__is_true_for_an_application_close(server: Implementation) -> None:
    assert classify(disconnected(server, 1006, close_sent=True, sent_code=4002)).exact is True


@pytest.mark.parametrize("server", [DAPHNE, UVICORN, UVICORN_WEBSOCKETS, UVICORN_WSPROTO], ids=lambda it: it.name)
def test_exact__is_false_for_a_lost_connection_without_a_hint(server: Implementation) -> None:
    code = 1005 if server.reason_means_close_frame else 1006
    assert classify(disconnected(server, code)) == Verdict(Cause.NETWORK_LOST, 1006, exact=False)


def test_order__server_close_overrides_a_later_exception() -> None:
    facts = accepted(DAPHNE, close_sent=True, sent_code=4002, raised=True)
    assert classify(facts) == Verdict(Cause.SERVER_APPLICATION, 4002)


def test_order__server_close_overrides_the_shutdown() -> None:
    facts = accepted(UVICORN, close_sent=True, sent_code=1000, stopping=True)
    assert classify(facts) == Verdict(Cause.SERVER_NORMAL, 1000)


def test_order__client_close_overrides_a_later_server_close() -> None:
    # The capture sets close_sent only if no disconnect was received before the close.
    facts = disconnected(DAPHNE, 4001, close_sent=False, sent_code=4002)
    assert classify(facts) == Verdict(Cause.CLIENT_APPLICATION, 4001)


def test_order__client_close_overrides_a_later_exception() -> None:
    assert classify(disconnected(DAPHNE, 1000, raised=True)).cause == "client_normal"


def test_order__client_close_overrides_the_shutdown() -> None:
    assert classify(disconnected(DAPHNE, 1001, stopping=True)).cause == "client_going_away"


def test_order__shutdown_overrides_an_exception_that_it_causes() -> None:
    assert classify(accepted(DAPHNE, stopping=True, raised=True)).cause == "server_shutdown"


def test_order__unmatched_route_overrides_the_exception_of_the_router() -> None:
    assert classify(refused(UVICORN, unmatched=True, raised=True, received_end=True)).cause == "rejected_unmatched"


def test_shutdown__code_1012_on_another_server_is_the_clients() -> None:
    assert classify(disconnected(DAPHNE, 1012)).cause == "client_application"


@pytest.mark.parametrize("cause", ["client_normal", "client_application", "server_normal", "server_shutdown"])
def test_abnormal__is_false_for_intended_ends(cause: str) -> None:
    assert not Cause(cause).abnormal


@pytest.mark.parametrize("cause", ["server_error", "network_lost", "process_lost", "protocol_error", "unknown"])
def test_abnormal__is_true_for_failures(cause: str) -> None:
    assert Cause(cause).abnormal
