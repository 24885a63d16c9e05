"""Sockets read ahead once they have been busy for ``PATIENCE``; other sockets do not."""

from __future__ import annotations

import asyncio

from lifecycle.server.busy import PATIENCE, BusySockets
from tests.asgi import soon, until


class Socket:
    """A socket that records the call of ``read_ahead``."""

    def __init__(self, busy: BusySockets) -> None:
        self.busy = busy
        self.read = asyncio.Event()

    def read_ahead(self) -> None:
        """Record the call."""
        self.read.set()


async def test_busy__socket_that_stays_busy_reads_ahead() -> None:
    busy = BusySockets()
    socket = Socket(busy)
    busy.add(socket)
    assert socket in busy
    await soon(socket.read.wait())
    assert socket not in busy


async def test_busy__socket_whose_application_reads_again_does_not_read_ahead() -> None:
    busy = BusySockets()
    idle, stuck = Socket(busy), Socket(busy)
    busy.add(idle)
    busy.add(stuck)
    busy.pop(idle, None)
    await soon(stuck.read.wait())
    assert not idle.read.is_set()


async def test_busy__socket_does_not_read_ahead_before_patience_is_over() -> None:
    busy, loop = BusySockets(), asyncio.get_running_loop()
    socket = Socket(busy)
    start = loop.time()
    busy.add(socket)
    await soon(socket.read.wait())
    assert loop.time() - start >= PATIENCE


async def test_busy__second_socket_waits_for_a_later_sweep() -> None:
    busy = BusySockets()
    first, second = Socket(busy), Socket(busy)
    busy.add(first)
    busy.add(second)
    busy.sweep()
    assert (first.read.is_set(), second.read.is_set()) == (True, False)
    await soon(second.read.wait())


async def test_busy__socket_added_while_the_timer_runs_reads_ahead_at_the_second_sweep() -> None:
    busy = BusySockets()
    first, later = Socket(busy), Socket(busy)
    busy.add(first)
    busy.pop(first)
    busy.add(later)
    busy.sweep()
    assert not later.read.is_set()
    busy.sweep()
    assert later.read.is_set()


async def test_busy__timer_stops_when_no_socket_is_left_and_starts_again() -> None:
    busy = BusySockets()
    socket = Socket(busy)
    busy.add(socket)
    await soon(socket.read.wait())
    await until(lambda: busy.timer is None)
    again = Socket(busy)
    busy.add(again)
    await soon(again.read.wait())
