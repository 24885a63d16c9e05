"""The verdict on an end: ``classify(facts)`` is pure, and every rule of it stands in a table of its test."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self

from lifecycle.verdict.close_codes import PROTOCOL_FAILURES, CloseCode, is_application, normalised
from lifecycle.verdict.facts import Facts, Hint

#: Servers that report enough to tell one end from another (see "What it cannot see" in the README).
EXACT_SERVERS = frozenset({"daphne", "uvicorn"})


class Initiator(StrEnum):
    """Who ended a connection."""

    CLIENT = "client"
    SERVER = "server"
    NETWORK = "network"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why a connection ended, or was never accepted; who ends it so, and whether an operator should look at it.

    Both are attributes, since each end asks for them.
    """

    initiator: Initiator
    abnormal: bool

    CLIENT_NORMAL = "client_normal", Initiator.CLIENT, False
    CLIENT_GOING_AWAY = "client_going_away", Initiator.CLIENT, False
    CLIENT_NO_STATUS = "client_no_status", Initiator.CLIENT, False
    CLIENT_APPLICATION = "client_application", Initiator.CLIENT, False
    PROTOCOL_ERROR = "protocol_error", Initiator.CLIENT, True
    SERVER_NORMAL = "server_normal", Initiator.SERVER, False
    SERVER_APPLICATION = "server_application", Initiator.SERVER, False
    SERVER_ERROR = "server_error", Initiator.SERVER, True
    SERVER_TIMEOUT = "server_timeout", Initiator.SERVER, True
    SERVER_SHUTDOWN = "server_shutdown", Initiator.SERVER, False
    PROCESS_LOST = "process_lost", Initiator.SERVER, True
    NETWORK_LOST = "network_lost", Initiator.NETWORK, True
    HEARTBEAT_LOST = "heartbeat_lost", Initiator.NETWORK, True
    ABANDONED = "abandoned", Initiator.CLIENT, True
    REJECTED = "rejected", Initiator.SERVER, True
    REJECTED_ORIGIN = "rejected_origin", Initiator.SERVER, True
    REJECTED_UNMATCHED = "rejected_unmatched", Initiator.SERVER, True
    HANDSHAKE_ERROR = "handshake_error", Initiator.SERVER, True
    HANDSHAKE_TIMEOUT = "handshake_timeout", Initiator.SERVER, True
    UNKNOWN = "unknown", Initiator.UNKNOWN, True

    def __new__(cls, value: str, initiator: Initiator = Initiator.UNKNOWN, abnormal: bool = True) -> Self:
        """Make one cause."""
        self = str.__new__(cls, value)
        self._value_ = value
        self.initiator, self.abnormal = initiator, abnormal
        return self


KNOWN_CAUSES = frozenset(Cause)
NORMAL_CAUSES = frozenset(cause for cause in Cause if not cause.abnormal)
#: What the protocol's codes mean in the close frame of a client.
CODES_OF_CLIENTS: dict[int, Cause] = {
    CloseCode.NORMAL_CLOSURE: Cause.CLIENT_NORMAL,
    CloseCode.GOING_AWAY: Cause.CLIENT_GOING_AWAY,
    CloseCode.NO_STATUS_RECEIVED: Cause.CLIENT_NO_STATUS,
    **dict.fromkeys(PROTOCOL_FAILURES, Cause.PROTOCOL_ERROR),
    # Its own application's doing, as with a private code.
    **dict.fromkeys((1008, 1011, 1012, 1013, 1014), Cause.CLIENT_APPLICATION),
}


def is_abnormal(cause: str) -> bool:
    """Return whether an operator should look at ends with this cause.

    A cause that this release does not know was written by a newer release. It counts as abnormal.
    """
    return cause not in NORMAL_CAUSES


def initiator_of(cause: str) -> Initiator:
    """Return who ends connections with this cause; ``Initiator.UNKNOWN`` for a cause of a newer release."""
    return Cause(cause).initiator if cause in KNOWN_CAUSES else Initiator.UNKNOWN


class Verdict(NamedTuple):
    """What became of a connection: the cause, and the code and reason of the wire.

    ``code`` is ``None`` where no close code applies: the handshake was never completed.
    """

    cause: Cause
    code: int | None
    reason: str = ""
    exact: bool = True

    @property
    def initiator(self) -> Initiator:
        """Return who ended the connection."""
        return self.cause.initiator


def classify(facts: Facts, silence_limit: float = 50.0) -> Verdict:
    """Return the verdict on a connection that ended.

    ``silence_limit`` is in seconds: a connection without a close frame that was silent for longer is called
    ``heartbeat_lost`` where the server does not say which of the two it was.
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
    if facts.unroutable:
        return Cause.REJECTED_UNMATCHED
    if facts.refused:
        return Cause.REJECTED_ORIGIN if facts.origin_refused else Cause.REJECTED
    if facts.hint is Hint.HANDSHAKE_LIMIT:
        return Cause.HANDSHAKE_TIMEOUT
    if facts.hint is Hint.SERVER_STOPPED:
        return Cause.SERVER_SHUTDOWN
    if facts.received_end or facts.accept_failed:
        return Cause.ABANDONED
    if facts.stopping:
        return Cause.SERVER_SHUTDOWN
    if facts.raised or facts.returned:
        return Cause.HANDSHAKE_ERROR
    return Cause.HANDSHAKE_TIMEOUT if facts.cancelled else Cause.UNKNOWN


def server_close(facts: Facts) -> Verdict:
    """Return the verdict where the application's close frame was the first on the wire."""
    code = normalised(facts.sent_code)
    cause = Cause.SERVER_NORMAL if code == CloseCode.NORMAL_CLOSURE else Cause.SERVER_APPLICATION
    # Daphne's close carries no reason, so that the client sees none.
    reason = "" if facts.server == "daphne" else facts.sent_reason or ""
    return Verdict(cause, code, reason)


def received_end(facts: Facts, silence_limit: float) -> Verdict:
    """Return the verdict on a disconnect that the application did not ask for."""
    code = normalised(facts.received_code)
    exact = facts.server in EXACT_SERVERS
    if facts.hint is Hint.CONNECTION_LIMIT:
        return Verdict(Cause.SERVER_TIMEOUT, code)
    if is_lost(facts, code):
        return lost_end(facts, silence_limit, exact)
    if is_shutdown(facts):
        return Verdict(Cause.SERVER_SHUTDOWN, code)
    return Verdict(client_cause(code), code, facts.received_reason or "", exact)


def is_lost(facts: Facts, code: int) -> bool:
    """Tell whether a connection ended without a close frame.

    Uvicorn says 1005 for that, and gives the message a ``reason`` only where there was a frame.
    """
    if code == CloseCode.NO_STATUS_RECEIVED:
        return facts.server == "uvicorn" and facts.received_reason is None
    return code == CloseCode.ABNORMAL_CLOSURE


def is_shutdown(facts: Facts) -> bool:
    """Tell whether the server ended the connection because it stops: Uvicorn says 1012, without a ``reason``."""
    restarts = facts.received_code == CloseCode.SERVICE_RESTART and facts.received_reason is None
    return restarts and facts.server == "uvicorn"


def lost_end(facts: Facts, silence_limit: float, exact: bool) -> Verdict:
    """Return the verdict on an end without a close frame; the end of a silent peer is an estimate."""
    if facts.stopping:
        return Verdict(Cause.SERVER_SHUTDOWN, CloseCode.ABNORMAL_CLOSURE)
    if facts.hint is Hint.PROTOCOL_FAILURE:
        return Verdict(Cause.PROTOCOL_ERROR, CloseCode.ABNORMAL_CLOSURE, "", exact)
    silent = facts.hint is None and facts.silence() > silence_limit
    if facts.hint is Hint.PING_TIMEOUT or silent:
        return Verdict(Cause.HEARTBEAT_LOST, CloseCode.ABNORMAL_CLOSURE, "", exact=False)
    return Verdict(Cause.NETWORK_LOST, CloseCode.ABNORMAL_CLOSURE, "", exact)


def client_cause(code: int) -> Cause:
    """Return the cause for the code of a client's own close frame."""
    if code in CODES_OF_CLIENTS:
        return CODES_OF_CLIENTS[code]
    return Cause.CLIENT_APPLICATION if is_application(code) else Cause.UNKNOWN


def unannounced_end(facts: Facts) -> Verdict:
    """Return the verdict where the application ended and the server had said nothing."""
    if facts.stopping:
        return Verdict(Cause.SERVER_SHUTDOWN, stop_code(facts))
    if facts.raised:
        return Verdict(Cause.SERVER_ERROR, failure_code(facts))
    if facts.hint is Hint.PEER_DROPPED:
        return Verdict(Cause.NETWORK_LOST, CloseCode.ABNORMAL_CLOSURE, exact=False)
    if facts.returned:
        return Verdict(Cause.SERVER_ERROR, CloseCode.ABNORMAL_CLOSURE)
    return Verdict(Cause.UNKNOWN, CloseCode.ABNORMAL_CLOSURE, exact=False)


def stop_code(facts: Facts) -> int:
    """Return what a client sees when the server stops: Uvicorn sends 1012 before it says so, Daphne drops."""
    return CloseCode.SERVICE_RESTART if facts.server == "uvicorn" else CloseCode.ABNORMAL_CLOSURE


def failure_code(facts: Facts) -> int:
    """Return what a client sees when the application raises: Daphne sends 1011, Uvicorn just drops."""
    return CloseCode.INTERNAL_ERROR if facts.server == "daphne" else CloseCode.ABNORMAL_CLOSURE
