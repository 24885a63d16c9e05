"""The sockets that a process holds: adding, removing, stopping them, and ending ghosts."""

from __future__ import annotations

import pytest

from lifecycle.server.sockets import Sockets
from tests.factories import make_facts


class Socket:
    """A fake socket that records the calls of its methods."""

    def __init__(self, sockets: Sockets, accepted: bool = True) -> None:
        self.facts = make_facts(accepted_at=1.0 if accepted else None)
        self.sockets = sockets
        self.gone = False
        self.calls: list[str] = []
        sockets.add(self)

    def is_gone(self) -> bool:
        """Return whether the test has set ``gone``."""
        return self.gone

    def read_ahead(self) -> None:
        """Record the call."""
        self.calls.append("read_ahead")

    def record_handshake(self) -> None:
        """Record the call."""
        self.calls.append("record_handshake")

    def end(self) -> None:
        """Record the call, and end."""
        self.calls.append("end")
        self.facts.ended_at = 2.0
        self.sockets.discard(self.facts.id)


@pytest.fixture
async def sockets() -> Sockets:
    """Return an empty set of sockets; a busy socket needs a running event loop."""
    return Sockets()


async def test_add__holds_the_socket_and_marks_it_busy(sockets: Sockets) -> None:
    socket = Socket(sockets)
    assert sockets.open == {socket.facts.id: socket}
    assert socket in sockets.busy


async def test_discard__removes_the_socket_and_may_be_called_twice(sockets: Sockets) -> None:
    socket = Socket(sockets)
    sockets.discard(socket.facts.id)
    sockets.discard(socket.facts.id)
    assert sockets.open == {}


async def test_stop__ends_every_socket(sockets: Sockets) -> None:
    held = [Socket(sockets), Socket(sockets, accepted=False)]
    sockets.stop()
    assert [socket.calls for socket in held] == [["end"], ["end"]]
    assert (sockets.open, sockets.stopping) == ({}, True)


async def test_sweep__records_only_unanswered_handshakes(sockets: Sockets) -> None:
    accepted, waiting = Socket(sockets), Socket(sockets, accepted=False)
    sockets.sweep()
    assert (accepted.calls, waiting.calls) == ([], ["record_handshake"])


async def test_sweep__first_reads_ahead_of_a_ghost_and_then_ends_it(sockets: Sockets) -> None:
    living, ghost = Socket(sockets), Socket(sockets)
    ghost.gone = True
    sockets.sweep()
    assert ghost.calls == ["read_ahead"]
    sockets.sweep()
    assert ghost.calls == ["read_ahead", "end"]
    assert (living.calls, set(sockets.open)) == ([], {living.facts.id})


async def test_sweep__does_not_read_ahead_if_the_application_waits_for_a_message(sockets: Sockets) -> None:
    ghost = Socket(sockets)
    ghost.gone = True
    sockets.busy.pop(ghost)
    sockets.sweep()
    assert ghost.calls == []


async def test_sweep__forgets_a_suspect_that_has_ended_in_the_meantime(sockets: Sockets) -> None:
    ghost = Socket(sockets)
    ghost.gone = True
    sockets.sweep()
    ghost.end()
    sockets.sweep()
    assert (ghost.calls, sockets.suspects) == (["read_ahead", "end"], set())
