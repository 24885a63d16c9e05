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
#: Codes below 3000 that a server reports only for a close frame of the client.
CHOSEN_BY_CLIENTS = frozenset({CloseCode.NORMAL_CLOSURE, CloseCode.GOING_AWAY})


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
    if facts.close_sent or hint is Hint.APPLICATION_CLOSED:
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
    if facts.accept_failed or (facts.received_end and facts.evidence.implementation.exact):
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
    reason = facts.sent_reason or "" if facts.evidence.implementation.sends_reasons else ""
    return Verdict(cause, code, reason)


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

    Some codes can come only from a close frame of the client; then the client closed. All other codes have several
    meanings: Hypercorn reports 1006 whenever a client closes, and Granian reports 1005 for a lost connection.
    """
    code = normalised(facts.received_code)
    if code in CHOSEN_BY_CLIENTS or code in PROTOCOL_FAILURES or is_application(code):
        return client_close(facts)
    return Verdict(Cause.SERVER_SHUTDOWN if facts.stopping else Cause.UNKNOWN, code)


def client_close(facts: Facts) -> Verdict:
    """Return the verdict on a connection whose first close frame came from the client."""
    code, reason = frame_on_the_wire(facts)
    return Verdict(client_cause(code), code, reason)


def frame_on_the_wire(facts: Facts) -> tuple[int, str]:
    """Return the code and the reason of the first close frame; the evidence overrides the ASGI message."""
    code, reason = facts.evidence.close_code, facts.evidence.close_reason
    return (
        normalised(facts.received_code) if code is None else code,
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
    if facts.raised:
        return Verdict(Cause.SERVER_ERROR, facts.evidence.implementation.error_code)
    if facts.evidence.hint is Hint.PEER_DROPPED:
        return Verdict(Cause.NETWORK_LOST, CloseCode.ABNORMAL_CLOSURE, exact=False)
    if facts.returned:
        return Verdict(Cause.SERVER_ERROR, CloseCode.ABNORMAL_CLOSURE)
    return Verdict(Cause.UNKNOWN, CloseCode.ABNORMAL_CLOSURE, exact=False)
