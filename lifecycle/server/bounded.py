"""The monitor's own sockets: a client that does not read must not make them use more and more memory.

A server answers a ping by itself, so the consumer never sees it. A client that sends pings and reads nothing adds
a pong to the unsent bytes for each ping. So the unsent bytes are checked regularly, and not only when the consumer
receives a message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from lifecycle.verdict.close_codes import CloseCode
from lifecycle.verdict.facts import Facts

REASON = "the client does not read"


class Droppable(Protocol):
    """What the check needs from a socket."""

    @property
    def facts(self) -> Facts:
        """The facts about the connection."""

    def unsent_bytes(self) -> int:
        """Return the bytes that the server keeps because the client has not read them yet; 0 if unknown."""

    def is_closing(self) -> bool:
        """Return whether the server reads nothing more from the client."""

    def drop(self, code: int, reason: str) -> None:
        """Record that the server closed the connection, and abort it."""


class Terms(NamedTuple):
    """The maximum of unsent bytes, and a function to call when the process stops."""

    limit: int
    at_stop: Callable[[], None] | None


class BoundedSockets(dict[Droppable, Terms]):
    """The sockets whose unsent bytes are limited, until the server reads nothing more from their clients."""

    def sweep(self) -> None:
        """Drop each socket that has too many unsent bytes; remove the sockets that are closing.

        A connection that has ended is still checked: until the client answers the close frame, the server goes on
        to answer its pings.
        """
        for socket, terms in list(self.items()):
            if socket.unsent_bytes() > terms.limit:
                self.drop(socket)
            elif socket.facts.ended and socket.is_closing():
                del self[socket]

    def drop(self, socket: Droppable) -> None:
        """End the connection of a client that does not read."""
        self.pop(socket, None)
        socket.drop(CloseCode.NOT_READING.value, REASON)

    def stop(self) -> None:
        """Call the functions that are due when the process stops."""
        for terms in list(self.values()):
            if terms.at_stop:
                terms.at_stop()
