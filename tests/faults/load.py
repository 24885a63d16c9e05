"""The load: connections that end in every way, all of them in a ledger."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import NamedTuple

from tests.faults.client import PATIENCE, Client, NotOpened, connect
from tests.faults.ledger import Entry, Ledger

#: Connects at a time, so that they fit the server's default listen backlog.
AT_ONCE = 40
LINGER_SECONDS = 3.0
#: Seconds by which a loaded server answers a close before it tells its application.
UNTOLD_SECONDS = 0.25


class Life(NamedTuple):
    """A scenario: the kind of consumer, and what the client does once it is connected."""

    kind: str
    live: Callable[[Client], Awaitable[None]]


async def says_hello_and_closes(client: Client) -> None:
    """Exchange one message, and close with 1000."""
    assert await client.ask("hello") == b"hello"
    await client.close(1000, "client_normal")


async def leaves_the_page(client: Client) -> None:
    """Close with 1001, as a browser does when its tab is closed."""
    await client.close(1001, "client_going_away")


async def closes_with_its_own_code(client: Client) -> None:
    """Close with a code of the application."""
    await client.close(4001, "client_application")


async def closes_without_a_code(client: Client) -> None:
    """Close with an empty close frame."""
    await client.close(None, "client_no_status")


async def loses_its_network(client: Client) -> None:
    """End with a RST."""
    client.reset("network_lost")


async def hangs_up(client: Client) -> None:
    """End with a FIN and without a close frame."""
    await client.hang_up("network_lost")


async def asks_to_be_closed(client: Client) -> None:
    """Have the server close, and echo its code."""
    client.entry.ends("server_application")
    client.send("4002")
    await client.gone
    # A server that is killed closes nothing.
    assert client.close_code in {4002, None}


async def stays(client: Client) -> None:
    """Stay open until the server ends it."""
    await client.gone


async def lingers(client: Client) -> None:
    """Stay for a while, and close with 1000."""
    await asyncio.wait([client.gone], timeout=LINGER_SECONDS)
    if not client.gone.done():
        await client.close(1000, "client_normal")


async def never_opens(client: Client) -> None:
    """Fail, because the handshake should have been refused."""
    raise AssertionError(f"{client.entry.path} was accepted")


VISIT = Life("echo", says_hello_and_closes)
STAY = Life("echo", stays)
LINGER = Life("echo", lingers)
LIVES = (
    VISIT,
    Life("plain", leaves_the_page),
    Life("echo", closes_with_its_own_code),
    Life("sync_echo", closes_without_a_code),
    Life("plain", loses_its_network),
    Life("echo", hangs_up),
    Life("closes", asks_to_be_closed),
    Life("refuses", never_opens),
)


async def lead(port: int, entry: Entry, life: Life) -> None:
    """Run one scenario; a refusal, or a server that dies, ends it early, which its entry shows."""
    if life.live is never_opens:
        entry.causes = frozenset({"rejected"})
    with suppress(NotOpened, OSError):
        client = await connect(port, entry)
        async with asyncio.timeout(PATIENCE):
            await life.live(client)


async def all_at_once(ledger: Ledger, port: int, lives: Iterable[Life]) -> None:
    """Start many scenarios at once, and wait for their ends."""
    await asyncio.gather(*(lead(port, ledger.open(life.kind), life) for life in lives))


async def at_rate(ledger: Ledger, port: int, rate: float, seconds: float, lives: Sequence[Life] = LIVES) -> None:
    """Start ``rate`` scenarios a second for ``seconds``, even if the server is slow; wait for their ends."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, life in zip(range(int(rate * seconds)), itertools.cycle(lives), strict=False):
            if (wait := began + number / rate - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.create_task(lead(port, ledger.open(life.kind), life))


async def open_many(ledger: Ledger, port: int, number: int, kind: str = "echo") -> list[Client]:
    """Return this many connected clients."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one() -> Client:
        async with turn:
            return await connect(port, ledger.open(kind))

    return await asyncio.gather(*(one() for _ in range(number)))


def p99(entries: Iterable[Entry]) -> float:
    """Return the 99th percentile of the handshake durations, in seconds."""
    return statistics.quantiles([entry.handshake for entry in entries], n=100, method="inclusive")[98]
