"""Determines why a connection ended, as a pure function of its facts. All rules are in the tables of its test."""

from __future__ import annotations

from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.close_codes import PROTOCOL_FAILURES, CloseCode, is_application, normalised
from lifecycle.verdict.facts import Facts, Hint

#: The causes for codes below 3000 in the client's close frame.
CLIENT_CODES: dict[int, Cause] = {
    CloseCode.NORMAL_CLOSURE: Cause.CLIENT_NORMAL,
    CloseCode.GOING_AWAY: Cause.CLIENT_GOING_AWAY,
    CloseCode.NO_STATUS_RECEIVED: Cause.CLIENT_NO_STATUS,
    **dict.fromkeys(PROTOCOL_FAILURES, Cause.PROTOCOL_ERROR),
    # The client application chooses these codes itself, as it does with codes from 3000 to 4999.
    **dict.fromkeys((1008, 1011, 1012, 1013, 1014), Cause.CLIENT_APPLICATION),
}
#: The causes of ends that an application can notice before its server reports them.
UNREPORTED_ENDS = {
    Hint.PEER_DROPPED: Cause.NETWORK_LOST,
    Hint.PING_TIMEOUT: Cause.HEARTBEAT_LOST,
    Hint.PROTOCOL_FAILURE: Cause.PROTOCOL_ERROR,
}


def classify(facts: Facts, silence_limit: float = 50.0) -> Verdict:
    """Return the verdict on a connection that ended.

    If there was no close frame, the evidence may show the cause. If it does not, the cause on an exact
    implementation is ``heartbeat_lost`` for a client that had been silent for more than ``silence_limit`` seconds,
    and ``network_lost`` otherwise.
    """
    verdict = accepted_end(facts, silence_limit) if facts.accepted else Verdict(handshake_cause(facts), None)
    return verdict if facts.evidence.implementation.exact else verdict._replace(exact=False)


def accepted_end(facts: Facts, silence_limit: float) -> Verdict:
    """Return the verdict on the end of an accepted connection: the first close frame decides."""
    hint = facts.evidence.hint
    if hint is Hint.CLIENT_CLOSED:
        return client_close(facts)
    took_close = facts.close_sent and not facts.close_refused and hint is not Hint.PEER_DROPPED
    if hint is Hint.APPLICATION_CLOSED or took_close:
        return server_close(facts, facts.sent_code, facts.sent_reason)
    if hint is Hint.SERVER_CLOSED:
        return server_close(facts, facts.received_code, facts.evidence.close_reason)
    if facts.close_sent and facts.close_refused:
        # A second close that Uvicorn's ``--ws websockets`` ignores.
        return Verdict(Cause.SERVER_ERROR, CloseCode.ABNORMAL_CLOSURE, exact=False)
    if facts.received_end:
        return received_end(facts, silence_limit)
    return unannounced_end(facts)


def handshake_cause(facts: Facts) -> Cause:
    """Return why a handshake was not completed."""
    if facts.route.unmatched:
        return Cause.REJECTED_UNMATCHED
    if facts.refused:
        return Cause.REJECTED_ORIGIN if facts.route.origin_refused else Cause.REJECTED
    if facts.accept_refused:
        return Cause.HANDSHAKE_ERROR
    if facts.evidence.hint is Hint.HANDSHAKE_LIMIT:
        return Cause.HANDSHAKE_TIMEOUT
    if facts.evidence.hint is Hint.SERVER_STOPPED:
        return Cause.SERVER_SHUTDOWN
    if facts.evidence.hint is Hint.SERVER_CLOSED:
        return Cause.REJECTED
    exact = facts.evidence.implementation.exact
    if facts.accept_failed or (facts.received_end and exact):
        return Cause.ABANDONED if exact else Cause.UNKNOWN
    if facts.stopping:
        return Cause.SERVER_SHUTDOWN
    if facts.raised or facts.returned:
        return Cause.HANDSHAKE_ERROR
    return Cause.HANDSHAKE_TIMEOUT if facts.cancelled else Cause.UNKNOWN


def server_close(facts: Facts, code: int | None, reason: str | None) -> Verdict:
    """Return the verdict on a connection whose first close frame came from the server's side.

    ``code`` is only used if the evidence does not contain the code on the wire.
    """
    sent = code if facts.evidence.close_code is None else facts.evidence.close_code
    stored = normalised(sent)
    cause = Cause.SERVER_NORMAL if stored == CloseCode.NORMAL_CLOSURE else Cause.SERVER_APPLICATION
    reason = reason or "" if facts.evidence.implementation.sends_reasons else ""
    return Verdict(cause, stored, reason, exact=sent is None or stored == sent)


def received_end(facts: Facts, silence_limit: float) -> Verdict:
    """Return the verdict on a disconnect that the application did not initiate."""
    if not facts.evidence.implementation.exact:
        return reported_end(facts)
    hint = facts.evidence.hint
    if hint is Hint.CONNECTION_LIMIT:
        return Verdict(Cause.SERVER_TIMEOUT, normalised(facts.received_code))
    if hint is Hint.PROTOCOL_FAILURE:
        return Verdict(Cause.PROTOCOL_ERROR, *frame_on_the_wire(facts))
    if is_shutdown(facts):
        return Verdict(Cause.SERVER_SHUTDOWN, facts.evidence.implementation.stop_code)
    if is_lost(facts):
        return lost_end(facts, silence_limit)
    return client_close(facts)


def reported_end(facts: Facts) -> Verdict:
    """Return the verdict on a disconnect that an unknown implementation reports; it is not exact.

    Every code has several meanings: Hypercorn reports 1006 whenever a client closes, Granian reports 1005 for a
    lost connection, and Daphne reports 1000 if it has closed the connection itself. An application outside the
    middleware can close with any code. So nobody is blamed.
    """
    cause = Cause.SERVER_SHUTDOWN if facts.stopping else Cause.UNKNOWN
    return Verdict(cause, normalised(facts.received_code), facts.received_reason or "")


def client_close(facts: Facts) -> Verdict:
    """Return the verdict on a connection whose first close frame came from the client."""
    code, reason = frame_on_the_wire(facts)
    return Verdict(client_cause(code), code, reason)


def frame_on_the_wire(facts: Facts) -> tuple[int, str]:
    """Return the code and the reason of the first close frame; the evidence overrides the ASGI message."""
    code, reason = facts.evidence.close_code, facts.evidence.close_reason
    return (
        normalised(facts.received_code if code is None else code),
        facts.received_reason or "" if reason is None else reason,
    )


def is_lost(facts: Facts) -> bool:
    """Return whether a connection ended without a close frame."""
    hint = facts.evidence.hint
    if hint is Hint.PING_TIMEOUT:
        return True
    code = normalised(facts.received_code)
    if code == CloseCode.NO_STATUS_RECEIVED:
        return facts.evidence.implementation.reason_means_close_frame and facts.received_reason is None
    return code == CloseCode.ABNORMAL_CLOSURE


def is_shutdown(facts: Facts) -> bool:
    """Return whether the connection ended because Uvicorn is stopping: it reports 1012 without a ``reason``."""
    if facts.evidence.hint is Hint.SERVER_STOPPED:
        return True
    restarting = facts.received_code == CloseCode.SERVICE_RESTART and facts.received_reason is None
    return restarting and facts.evidence.implementation.stop_code == CloseCode.SERVICE_RESTART


def lost_end(facts: Facts, silence_limit: float) -> Verdict:
    """Return the verdict on an end without a close frame.

    ``heartbeat_lost`` is never exact, because the time at which the client disappeared is unknown.
    """
    hint = facts.evidence.hint
    if facts.stopping:
        return Verdict(Cause.SERVER_SHUTDOWN, CloseCode.ABNORMAL_CLOSURE)
    if hint is Hint.PING_TIMEOUT or (hint is None and facts.silence() > silence_limit):
        return Verdict(Cause.HEARTBEAT_LOST, CloseCode.ABNORMAL_CLOSURE, exact=False)
    return Verdict(Cause.NETWORK_LOST, CloseCode.ABNORMAL_CLOSURE, exact=hint is not None)


def client_cause(code: int) -> Cause:
    """Return the cause for the code in a client's close frame."""
    if code in CLIENT_CODES:
        return CLIENT_CODES[code]
    return Cause.CLIENT_APPLICATION if is_application(code) else Cause.UNKNOWN


def unannounced_end(facts: Facts) -> Verdict:
    """Return the verdict if the application stopped running before the server reported a disconnect."""
    if facts.stopping:
        return Verdict(Cause.SERVER_SHUTDOWN, facts.evidence.implementation.stop_code)
    if facts.evidence.hint in UNREPORTED_ENDS:
        return unreported_end(facts, UNREPORTED_ENDS[facts.evidence.hint])
    if facts.raised:
        # The server closes later, and so may an application outside the middleware. ``settle`` replaces the code.
        return Verdict(Cause.SERVER_ERROR, facts.evidence.implementation.error_code, exact=False)
    if facts.returned:
        return Verdict(Cause.SERVER_ERROR, CloseCode.ABNORMAL_CLOSURE, exact=False)
    return Verdict(Cause.UNKNOWN, CloseCode.ABNORMAL_CLOSURE, exact=False)


def unreported_end(facts: Facts, cause: Cause) -> Verdict:
    """Return the verdict on an end that the server's protocol object shows, but that no message has reported.

    If the application raised an exception, it did so because it sent to a connection that had just ended. So the
    time is right. Otherwise the connection is a ghost.
    """
    code = facts.evidence.close_code
    exact = facts.raised and cause is not Cause.HEARTBEAT_LOST
    return Verdict(cause, CloseCode.ABNORMAL_CLOSURE if code is None else normalised(code), exact=exact)
