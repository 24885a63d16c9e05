"""Determines why a connection ended, as a pure function of its facts. The tables in its test list every rule."""

from __future__ import annotations

from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.close_codes import PROTOCOL_FAILURES, CloseCode, is_application, normalised
from lifecycle.verdict.facts import Facts, Hint

#: Servers that report enough to distinguish the causes of an end (docs/servers.md).
EXACT_SERVERS = frozenset({"daphne", "uvicorn"})
#: The causes for codes below 3000 in the client's close frame.
CLIENT_CODES: dict[int, Cause] = {
    CloseCode.NORMAL_CLOSURE: Cause.CLIENT_NORMAL,
    CloseCode.GOING_AWAY: Cause.CLIENT_GOING_AWAY,
    CloseCode.NO_STATUS_RECEIVED: Cause.CLIENT_NO_STATUS,
    **dict.fromkeys(PROTOCOL_FAILURES, Cause.PROTOCOL_ERROR),
    # The client application chooses these codes itself, as it does with codes from 3000 to 4999.
    **dict.fromkeys((1008, 1011, 1012, 1013, 1014), Cause.CLIENT_APPLICATION),
}


def classify(facts: Facts, silence_limit: float = 50.0) -> Verdict:
    """Return the verdict on a connection that ended.

    If there was no close frame, the server may report a specific cause. If it does not, the cause is
    ``heartbeat_lost`` for a client that had been silent for more than ``silence_limit`` seconds, and
    ``network_lost`` otherwise.
    """
    if not facts.accepted:
        return Verdict(handshake_cause(facts), None)
    if facts.close_sent:
        return server_close(facts)
    if facts.received_end:
        return received_end(facts, silence_limit)
    return unannounced_end(facts)


def handshake_cause(facts: Facts) -> Cause:
    """Return why a handshake was not completed."""
    if facts.route.unmatched:
        return Cause.REJECTED_UNMATCHED
    if facts.refused:
        return Cause.REJECTED_ORIGIN if facts.route.origin_refused else Cause.REJECTED
    if facts.evidence.hint is Hint.HANDSHAKE_LIMIT:
        return Cause.HANDSHAKE_TIMEOUT
    if facts.evidence.hint is Hint.SERVER_STOPPED:
        return Cause.SERVER_SHUTDOWN
    if facts.received_end or facts.accept_failed:
        return Cause.ABANDONED
    if facts.stopping:
        return Cause.SERVER_SHUTDOWN
    if facts.raised or facts.returned:
        return Cause.HANDSHAKE_ERROR
    return Cause.HANDSHAKE_TIMEOUT if facts.cancelled else Cause.UNKNOWN


def server_close(facts: Facts) -> Verdict:
    """Return the verdict on a connection whose first close frame came from the application."""
    code = normalised(facts.sent_code)
    cause = Cause.SERVER_NORMAL if code == CloseCode.NORMAL_CLOSURE else Cause.SERVER_APPLICATION
    # Daphne sends no reason in its close frames, so the client sees none.
    reason = "" if facts.evidence.server == "daphne" else facts.sent_reason or ""
    return Verdict(cause, code, reason)


def received_end(facts: Facts, silence_limit: float) -> Verdict:
    """Return the verdict on a disconnect that the application did not initiate."""
    code = normalised(facts.received_code)
    exact = facts.evidence.server in EXACT_SERVERS
    if facts.evidence.hint is Hint.CONNECTION_LIMIT:
        return Verdict(Cause.SERVER_TIMEOUT, code)
    if is_lost(facts, code):
        return lost_end(facts, silence_limit, exact)
    if is_shutdown(facts):
        return Verdict(Cause.SERVER_SHUTDOWN, code)
    return Verdict(client_cause(code), code, facts.received_reason or facts.evidence.close_reason or "", exact)


def is_lost(facts: Facts, code: int) -> bool:
    """Return whether a connection ended without a close frame.

    For such a connection, Uvicorn reports 1005 without a ``reason``. If Uvicorn reports 1005 with a
    ``reason``, there was a close frame, but it contained no code.
    """
    if code == CloseCode.NO_STATUS_RECEIVED:
        return facts.evidence.server == "uvicorn" and facts.received_reason is None
    return code == CloseCode.ABNORMAL_CLOSURE


def is_shutdown(facts: Facts) -> bool:
    """Return whether the connection ended because Uvicorn is stopping: it reports 1012 without a ``reason``."""
    restarting = facts.received_code == CloseCode.SERVICE_RESTART and facts.received_reason is None
    return restarting and facts.evidence.server == "uvicorn"


def lost_end(facts: Facts, silence_limit: float, exact: bool) -> Verdict:
    """Return the verdict on an end without a close frame.

    ``heartbeat_lost`` is never exact, because the time at which the client disappeared is unknown.
    """
    if facts.stopping:
        return Verdict(Cause.SERVER_SHUTDOWN, CloseCode.ABNORMAL_CLOSURE)
    if facts.evidence.hint is Hint.PROTOCOL_FAILURE:
        return Verdict(Cause.PROTOCOL_ERROR, CloseCode.ABNORMAL_CLOSURE, "", exact)
    silent = facts.evidence.hint is None and facts.silence() > silence_limit
    if facts.evidence.hint is Hint.PING_TIMEOUT or silent:
        return Verdict(Cause.HEARTBEAT_LOST, CloseCode.ABNORMAL_CLOSURE, "", exact=False)
    return Verdict(Cause.NETWORK_LOST, CloseCode.ABNORMAL_CLOSURE, "", exact)


def client_cause(code: int) -> Cause:
    """Return the cause for the code in a client's close frame."""
    if code in CLIENT_CODES:
        return CLIENT_CODES[code]
    return Cause.CLIENT_APPLICATION if is_application(code) else Cause.UNKNOWN


def unannounced_end(facts: Facts) -> Verdict:
    """Return the verdict if the application stopped running before the server reported a disconnect."""
    if facts.stopping:
        return Verdict(Cause.SERVER_SHUTDOWN, stop_code(facts))
    if facts.raised:
        return Verdict(Cause.SERVER_ERROR, failure_code(facts))
    if facts.evidence.hint is Hint.PEER_DROPPED:
        return Verdict(Cause.NETWORK_LOST, CloseCode.ABNORMAL_CLOSURE, exact=False)
    if facts.returned:
        return Verdict(Cause.SERVER_ERROR, CloseCode.ABNORMAL_CLOSURE)
    return Verdict(Cause.UNKNOWN, CloseCode.ABNORMAL_CLOSURE, exact=False)


def stop_code(facts: Facts) -> int:
    """Return the close code that the client sees if the server stops.

    Uvicorn sends 1012. Daphne drops the TCP connection, so the client sees 1006.
    """
    return CloseCode.SERVICE_RESTART if facts.evidence.server == "uvicorn" else CloseCode.ABNORMAL_CLOSURE


def failure_code(facts: Facts) -> int:
    """Return the close code that the client sees after an exception.

    Daphne sends 1011. Uvicorn drops the TCP connection, so the client sees 1006.
    """
    return CloseCode.INTERNAL_ERROR if facts.evidence.server == "daphne" else CloseCode.ABNORMAL_CLOSURE
