"""Sockets with too many unsent bytes are dropped; sockets that are closing are no longer checked."""

from __future__ import annotations

from lifecycle.server.bounded import BoundedSockets, Terms
from tests.factories import make_facts

LIMIT = 1000


class Socket:
    """A fake socket that stores the arguments of ``drop``."""

    def __init__(self, unsent: int = 0, ended: bool = False, closing: bool = False) -> None:
        self.facts = make_facts(accepted_at=1.0, ended_at=2.0 if ended else None)
        self.unsent = unsent
        self.closing = closing
        self.dropped: list[tuple[int, str]] = []

    def unsent_bytes(self) -> int:
        """Return the number that the test has set."""
        return self.unsent

    def is_closing(self) -> bool:
        """Return whether the test has set ``closing``."""
        return self.closing

    def drop(self, code: int, reason: str) -> None:
        """Store the arguments."""
        self.dropped.append((code, reason))


def bounded(*sockets: Socket) -> BoundedSockets:
    """Return these sockets with a limit of ``LIMIT`` bytes each."""
    return BoundedSockets({socket: Terms(LIMIT, None) for socket in sockets})


def test_sweep__drops_each_socket_above_its_limit_once() -> None:
    reads, deaf = Socket(LIMIT), Socket(LIMIT + 1)
    held = bounded(reads, deaf)
    held.sweep()
    held.sweep()
    assert (reads.dropped, deaf.dropped) == ([], [(4408, "the client does not read")])
    assert set(held) == {reads}


def test_sweep__drops_a_socket_that_has_ended_while_the_server_still_answers_its_pings() -> None:
    deaf = Socket(LIMIT, ended=True)
    held = bounded(deaf)
    held.sweep()
    deaf.unsent += 1
    held.sweep()
    assert deaf.dropped == [(4408, "the client does not read")]


def test_sweep__forgets_a_socket_that_has_ended_and_is_closing() -> None:
    open_, ended = Socket(closing=True), Socket(ended=True, closing=True)
    held = bounded(open_, ended)
    held.sweep()
    assert set(held) == {open_}


def test_stop__calls_the_functions_of_the_sockets() -> None:
    calls: list[str] = []
    BoundedSockets({Socket(): Terms(LIMIT, lambda: calls.append("stop")), Socket(): Terms(LIMIT, None)}).stop()
    assert calls == ["stop"]
