"""The verdict on the end of a connection: its cause, its initiator and its close code."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, Self


class Initiator(StrEnum):
    """Who ended a connection."""

    CLIENT = "client"
    SERVER = "server"
    NETWORK = "network"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    """Why a connection ended, or was never accepted.

    ``initiator`` is the side that ends connections with this cause. ``abnormal`` is true if an operator should
    look at them. Both are plain attributes, not properties, because they are read whenever a connection ends.
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
        self = str.__new__(cls, value)
        self._value_ = value
        self.initiator, self.abnormal = initiator, abnormal
        return self


KNOWN_CAUSES = frozenset(Cause)
NORMAL_CAUSES = frozenset(cause for cause in Cause if not cause.abnormal)


def is_abnormal(cause: str) -> bool:
    """Return whether an operator should look at connections with this cause.

    An unknown cause, written by a newer release, counts as abnormal.
    """
    return cause not in NORMAL_CAUSES


def initiator_of(cause: str) -> Initiator:
    """Return the side that ends connections with this cause; ``Initiator.UNKNOWN`` for an unknown cause."""
    return Cause(cause).initiator if cause in KNOWN_CAUSES else Initiator.UNKNOWN


class Verdict(NamedTuple):
    """Why a connection ended, and the close code and reason that were sent.

    ``code`` is ``None`` if the handshake was never completed. ``exact`` is false if the cause or the time of the
    end is an estimate.
    """

    cause: Cause
    code: int | None
    reason: str = ""
    exact: bool = True

    @property
    def initiator(self) -> Initiator:
        """Return the side that ended the connection."""
        return self.cause.initiator
