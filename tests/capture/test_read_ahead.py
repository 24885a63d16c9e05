"""Reading ahead of a busy application: order, limit, waiting and errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lifecycle.capture.read_ahead import LIMIT, ReadAhead
from tests.asgi import Server, disconnect, soon, text, until


class Noted(list[dict[str, Any]]):
    """The messages passed to ``note``, in the order of arrival."""


async def test_get__returns_messages_in_the_order_of_arrival() -> None:
    server = Server(text("a"), text("b"), disconnect())
    ahead = ReadAhead(server.receive, Noted().append)
    assert [await ahead.get() for _ in range(3)] == [text("a"), text("b"), disconnect()]


async def test_get__returns_the_servers_own_objects() -> None:
    message = text("a")
    ahead = ReadAhead(Server(message).receive, Noted().append)
    assert await ahead.get() is message
    ahead.task.cancel()


async def test_read__notes_the_end_before_the_application_asks_for_it() -> None:
    noted = Noted()
    ahead = ReadAhead(Server(text("a"), disconnect(4001)).receive, noted.append)
    await until(ahead.task.done)
    assert noted == [text("a"), disconnect(4001)]


async def test_read__pauses_at_the_limit_until_a_message_is_taken() -> None:
    server, noted = Server(*(text(str(number)) for number in range(LIMIT + 10))), Noted()
    ahead = ReadAhead(server.receive, noted.append)
    await until(lambda: len(noted) == LIMIT)
    for _ in range(10):
        await asyncio.sleep(0)
    assert (len(noted), server.waiting.qsize()) == (LIMIT, 10)
    await ahead.get()
    await until(lambda: len(noted) == LIMIT + 1)
    ahead.task.cancel()


async def test_get__that_waits_receives_a_burst_larger_than_the_limit() -> None:
    server = Server()
    ahead = ReadAhead(server.receive, Noted().append)
    waiting = asyncio.create_task(ahead.get())
    await until(lambda: ahead.waiter is not None)
    server.deliver(*(text(str(number)) for number in range(3 * LIMIT)), disconnect())
    received = [await soon(waiting)] + [await soon(ahead.get()) for _ in range(3 * LIMIT)]
    assert received == [*(text(str(number)) for number in range(3 * LIMIT)), disconnect()]


async def test_get__receives_all_messages_after_the_queue_was_full() -> None:
    server = Server(*(text(str(number)) for number in range(3 * LIMIT)), disconnect())
    ahead = ReadAhead(server.receive, Noted().append)
    await until(lambda: len(ahead.messages) == LIMIT and ahead.waiter is not None)
    received = [await soon(ahead.get()) for _ in range(3 * LIMIT + 1)]
    assert received[-1] == disconnect()
    assert len(received) == 3 * LIMIT + 1


async def test_get__waits_for_the_next_message() -> None:
    server = Server()
    ahead = ReadAhead(server.receive, Noted().append)
    waiting = asyncio.create_task(ahead.get())
    await until(lambda: ahead.waiter is not None)
    server.deliver(text("late"))
    assert await soon(waiting) == text("late")
    ahead.task.cancel()


async def test_get__that_was_cancelled_loses_no_message() -> None:
    server = Server()
    ahead = ReadAhead(server.receive, Noted().append)
    waiting = asyncio.create_task(ahead.get())
    await until(lambda: ahead.waiter is not None)
    waiting.cancel()
    await asyncio.wait([waiting])
    server.deliver(text("a"))
    assert await soon(ahead.get()) == text("a")
    ahead.task.cancel()


async def test_get__raises_the_servers_error_after_the_messages_before_it() -> None:
    outcomes: list[dict[str, Any] | None] = [text("a"), None]

    async def receive() -> dict[str, Any]:
        message = outcomes.pop(0)
        if message is None:
            raise ConnectionError("raised by the server")
        return message

    ahead = ReadAhead(receive, Noted().append)
    assert await soon(ahead.get()) == text("a")
    for _ in range(2):
        with pytest.raises(ConnectionError, match="raised by the server"):
            await soon(ahead.get())
    assert outcomes == []


async def test_get__raises_an_error_that_occurs_while_it_waits() -> None:
    go = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await go.wait()
        raise ConnectionError("raised by the server")

    ahead = ReadAhead(receive, Noted().append)
    waiting = asyncio.create_task(ahead.get())
    await until(lambda: ahead.waiter is not None)
    go.set()
    with pytest.raises(ConnectionError):
        await soon(waiting)


async def test_get__after_the_end_reads_directly_from_the_server() -> None:
    server = Server(disconnect())
    ahead = ReadAhead(server.receive, Noted().append)
    await ahead.get()
    server.deliver(disconnect(1006))
    assert await soon(ahead.get()) == disconnect(1006)
