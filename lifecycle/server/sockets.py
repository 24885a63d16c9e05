"""The WebSockets that this process holds: which are open or busy, which are ghosts, and how a stop ends them."""

from __future__ import annotations

from typing import Protocol

from lifecycle.server.busy import BusySockets
from lifecycle.verdict.facts import Facts


class Socket(Protocol):
    """What a process asks of one of its WebSockets."""

    @property
    def facts(self) -> Facts:
        """What is known of the connection."""

    def is_gone(self) -> bool:
        """Return whether the transport is known to be closed."""

    def read_ahead(self) -> None:
        """Start to read from the server while the application is busy."""

    def record_handshake(self) -> None:
        """Record the handshake if that has not been done; called before the handshake is answered."""

    def end(self) -> None:
        """Record the end; a second call does nothing."""


class Sockets:
    """The WebSockets of one process, from the handshake to the recorded end."""

    def __init__(self) -> None:
        #: By the connection's id, handshakes included.
        self.open: dict[str, Socket] = {}
        self.busy = BusySockets()
        #: Sockets whose transport was gone at the last sweep.
        self.suspects: set[Socket] = set()
        self.stopping = False

    def add(self, socket: Socket) -> None:
        """Take in a socket whose handshake has begun; its application is busy until it asks for a message."""
        self.open[socket.facts.id] = socket
        self.busy.add(socket)

    def discard(self, connection_id: str) -> None:
        """Remove the socket of a connection that has ended."""
        self.open.pop(connection_id, None)

    def stop(self) -> None:
        """Record every open connection as ended by the stop of this process."""
        self.stopping = True
        for socket in list(self.open.values()):
            socket.end()

    def sweep(self) -> None:
        """Record handshakes that nobody has answered yet, and end the ghosts."""
        for socket in list(self.open.values()):
            if not socket.facts.accepted:
                socket.record_handshake()
        self.end_ghosts()

    def end_ghosts(self) -> None:
        """Record the end of sockets whose transport is gone and whose application was never told.

        The first sweep reads a disconnect that may still be waiting; the next one ends the sockets without one.
        """
        gone = {socket for socket in self.open.values() if socket.is_gone()}
        for socket in gone & self.suspects:
            socket.end()
        self.suspects = {socket for socket in gone if not socket.facts.ended}
        for socket in self.suspects & self.busy.keys():
            socket.read_ahead()
