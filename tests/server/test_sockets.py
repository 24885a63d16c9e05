"""The sockets that a process holds: how a stop ends them, and how ghosts are found."""

from __future__ import annotations

import pytest

from lifecycle.server.sockets import Sockets
from tests.factories import make_facts


class Socket:
    """A socket that notes what it is asked to do."""

    def __init__(self, sockets: Sockets, accepted: bool = True) -> None:
        self.facts = make_facts(accepted_at=1.0 if accepted else None)
        self.sockets = sockets
        self.gone = False
        self.asked: list[str] = []
        sockets.add(self)

    def is_gone(self) -> bool:
        """Return whether the test has closed the transport."""
        return self.gone

    def read_ahead(self) -> None:
        """Note the request."""
        self.asked.append("read_ahead")

    def record_handshake(self) -> None:
        """Note the request."""
        self.asked.append("record_handshake")

    def end(self) -> None:
        """Note the request, and end once."""
        self.asked.append("end")
        self.facts.ended_at = 2.0
        self.sockets.discard(self.facts.id)


@pytest.fixture
async def sockets() -> Sockets:
    """Return an empty set of sockets; a busy socket needs a running event loop."""
    return Sockets()


async def test_add__holds_a_socket_as_busy(sockets: Sockets) -> None:
    socket = Socket(sockets)
    assert sockets.open == {socket.facts.id: socket}
    assert socket in sockets.busy


async def test_discard__lets_go_of_a_socket_and_may_be_called_twice(sockets: Sockets) -> None:
    socket = Socket(sockets)
    sockets.discard(socket.facts.id)
    sockets.discard(socket.facts.id)
    assert sockets.open == {}


async def test_stop__ends_every_socket(sockets: Sockets) -> None:
    held = [Socket(sockets), Socket(sockets, accepted=False)]
    sockets.stop()
    assert [socket.asked for socket in held] == [["end"], ["end"]]
    assert (sockets.open, sockets.stopping) == ({}, True)


async def test_sweep__records_only_handshakes_without_an_answer(sockets: Sockets) -> None:
    accepted, waiting = Socket(sockets), Socket(sockets, accepted=False)
    sockets.sweep()
    assert (accepted.asked, waiting.asked) == ([], ["record_handshake"])


async def test_sweep__reads_ahead_of_a_ghost_first_and_ends_it_the_next_time(sockets: Sockets) -> None:
    living, ghost = Socket(sockets), Socket(sockets)
    ghost.gone = True
    sockets.sweep()
    assert ghost.asked == ["read_ahead"]
    sockets.sweep()
    assert ghost.asked == ["read_ahead", "end"]
    assert (living.asked, set(sockets.open)) == ([], {living.facts.id})


async def test_sweep__does_not_read_ahead_of_a_ghost_whose_application_waits(sockets: Sockets) -> None:
    ghost = Socket(sockets)
    ghost.gone = True
    sockets.busy.pop(ghost)
    sockets.sweep()
    assert ghost.asked == []


async def test_sweep__forgets_a_suspect_that_has_ended_by_itself(sockets: Sockets) -> None:
    ghost = Socket(sockets)
    ghost.gone = True
    sockets.sweep()
    ghost.end()
    sockets.sweep()
    assert (ghost.asked, sockets.suspects) == (["read_ahead", "end"], set())
