"""The WebSockets that this process holds.

A ghost is a socket whose transport is closed although its application never received a disconnect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from lifecycle.server.bounded import BoundedSockets, Droppable, Terms
from lifecycle.server.busy import BusySockets


class Ended(Protocol):
    """What a process needs from a WebSocket whose end is recorded."""

    def settle(self) -> bool:
        """Replace the estimated code of a recorded end, if it is known by now; return whether that is over."""


class Socket(Droppable, Protocol):
    """What a process needs from each of its WebSockets."""

    def is_gone(self) -> bool:
        """Return whether the transport is known to be closed."""

    def read_ahead(self) -> None:
        """Start to read from the server while the application is busy."""

    def record_handshake(self) -> None:
        """Record a handshake that has not been answered; a second call does nothing."""

    def end(self) -> None:
        """Record the end; a second call does nothing."""


class Sockets:
    """The WebSockets of one process, from the handshake to the recorded end."""

    def __init__(self) -> None:
        #: The sockets by connection ID, including those whose handshake is not answered yet.
        self.open: dict[str, Socket] = {}
        self.busy = BusySockets()
        #: The monitor's own sockets. They stay here until the server reads nothing more from their clients.
        self.bounded = BoundedSockets()
        #: Sockets whose transport was gone at the last sweep.
        self.suspects: set[Socket] = set()
        #: Sockets whose recorded end has an estimated code.
        self.unsettled: set[Ended] = set()
        self.stopping = False

    def add(self, socket: Socket) -> None:
        """Add a socket whose handshake has begun; its application counts as busy until it asks for a message."""
        self.open[socket.facts.id] = socket
        self.busy.add(socket)

    def discard(self, connection_id: str) -> None:
        """Remove the socket of a connection that has ended."""
        self.open.pop(connection_id, None)

    def unsent_bytes(self, connection_id: str) -> int:
        """Return the bytes that wait for the client of a connection; 0 if unknown."""
        socket = self.open.get(connection_id)
        return socket.unsent_bytes() if socket is not None else 0

    def bound(self, connection_id: str, limit: int, at_stop: Callable[[], None] | None = None) -> None:
        """Limit the unsent bytes of one of the monitor's own connections.

        ``at_stop`` is called when the process stops, if the connection is still open.
        """
        if socket := self.open.get(connection_id):
            self.bounded[socket] = Terms(limit, at_stop)

    def drop(self, connection_id: str) -> None:
        """End a connection whose client does not read."""
        if socket := self.open.get(connection_id):
            self.bounded.drop(socket)

    def stop(self) -> None:
        """Record every open connection as ended by the shutdown of this process."""
        self.stopping = True
        self.settle()
        for socket in list(self.open.values()):
            socket.end()
        self.bounded.stop()

    def sweep(self) -> None:
        """Record the handshakes that have not been answered yet, and record the ends of ghosts."""
        for socket in list(self.open.values()):
            if not socket.facts.accepted:
                socket.record_handshake()
        self.end_ghosts()
        self.settle()

    def settle(self) -> None:
        """Replace the estimated codes of recorded ends that are known by now."""
        self.unsettled = {socket for socket in self.unsettled if not socket.settle()}

    def end_ghosts(self) -> None:
        """Record the end of each socket that has received no disconnect although its transport is closed.

        The first sweep that finds a closed transport does not record the end, because an unread disconnect may be
        waiting. If the socket is busy, it starts to read ahead. The next sweep records the end if no disconnect
        has arrived by then.
        """
        gone = {socket for socket in self.open.values() if socket.is_gone()}
        for socket in gone & self.suspects:
            socket.end()
        self.suspects = {socket for socket in gone if not socket.facts.ended}
        for socket in self.suspects & self.busy.keys():
            socket.read_ahead()
