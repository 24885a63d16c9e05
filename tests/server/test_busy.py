"""Busy sockets read ahead after their time, and no others."""

from __future__ import annotations

import asyncio

from lifecycle.server.busy import PATIENCE, BusySockets
from tests.asgi import soon, until


class Socket:
    """A socket that notes when it is told to read ahead."""

    def __init__(self, busy: BusySockets) -> None:
        """Belong to one set of busy sockets."""
        self.busy = busy
        self.reads = asyncio.Event()

    def read_ahead(self) -> None:
        """Begin to read."""
        self.reads.set()


async def test_busy__socket_that_stays_busy_is_read() -> None:
    busy = BusySockets()
    socket = Socket(busy)
    busy.add(socket)
    assert socket in busy
    await soon(socket.reads.wait())
    assert socket not in busy


async def test_busy__socket_whose_application_reads_again_is_left_alone() -> None:
    busy = BusySockets()
    idle, stuck = Socket(busy), Socket(busy)
    busy.add(idle)
    busy.add(stuck)
    busy.pop(idle, None)
    await soon(stuck.reads.wait())
    assert not idle.reads.is_set()


async def test_busy__socket_is_not_read_before_its_time() -> None:
    busy, loop = BusySockets(), asyncio.get_running_loop()
    socket = Socket(busy)
    began = loop.time()
    busy.add(socket)
    await soon(socket.reads.wait())
    assert loop.time() - began >= PATIENCE


async def test_busy__younger_socket_waits_for_a_sweep_of_its_own() -> None:
    busy = BusySockets()
    older, younger = Socket(busy), Socket(busy)
    busy.add(older)
    busy.add(younger)
    busy.sweep()
    assert (older.reads.is_set(), younger.reads.is_set()) == (True, False)
    await soon(younger.reads.wait())


async def test_busy__socket_that_comes_after_the_timer_is_read_at_its_second_turn() -> None:
    busy = BusySockets()
    first, later = Socket(busy), Socket(busy)
    busy.add(first)
    busy.pop(first)
    busy.add(later)
    busy.sweep()
    assert not later.reads.is_set()
    busy.sweep()
    assert later.reads.is_set()


async def test_busy__timer_stops_where_no_socket_is_left() -> None:
    busy = BusySockets()
    socket = Socket(busy)
    busy.add(socket)
    await soon(socket.reads.wait())
    await until(lambda: busy.timer is None)
    again = Socket(busy)
    busy.add(again)
    await soon(again.reads.wait())
