"""Sends mixed traffic to the demo: clients that connect, send messages, and end their connections in many ways.

Run it as ``python -m tests.browser.traffic --port 8000 --minutes 15`` while the demo runs. The demo may restart.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress

from tests.browser.demo import Wish
from tests.integration.raw_socket import Opcode, RawSocket, Refused, connected, knocking

STATUS, CHAT, NOTIFICATIONS = "/ws/status/", "/ws/chat/lobby/", "/ws/notifications/"
#: Path -> percentage of the visitors that connect to it.
PLACES = {
    CHAT: 20,
    "/ws/chat/support/": 25,
    NOTIFICATIONS: 25,
    "/ws/prices/eur-usd/": 12,
    "/ws/prices/btc-eur/": 8,
    STATUS: 10,
}
#: Path -> headers of a handshake that the server refuses.
REFUSED = {NOTIFICATIONS: {"Origin": "https://elsewhere.example"}, "/ws/old-address/": {}, "/ws/members/": {}}
REFUSED_SHARE = 0.04
#: In seconds: the mean length of a visit, the interval between messages, and the period of the arrival rate.
STAY, PAUSE, TIDE = 25.0, 3.0, 240.0
BRIEF = 0.2
NOT_UTF8 = b"\xff\xfe"
#: The exceptions in a visitor while the server restarts.
GONE = (Refused, OSError, asyncio.IncompleteReadError, TimeoutError, AssertionError)

End = Callable[[RawSocket], Awaitable[object]]


def closes(code: int | None, reason: str = "") -> End:
    """Return a function with which the client closes the connection; ``None`` means without a code."""
    return lambda visitor: visitor.close(code, reason)


def wishes(wish: Wish) -> End:
    """Return a function that asks the server to end the connection, and answers its close frame."""

    async def end(visitor: RawSocket) -> None:
        await visitor.send(wish)
        await visitor.seen(echo=1000)

    return end


async def breaks(visitor: RawSocket) -> None:
    """Reset the TCP connection without a close frame."""
    visitor.reset()


async def garbles(visitor: RawSocket) -> None:
    """Send invalid UTF-8, for which the server closes with 1007."""
    await visitor.send_frame(Opcode.TEXT, NOT_UTF8)
    await visitor.seen(echo=1007)


#: Ends by the client with their weights. The status socket supports only these, because it has no wishes.
OWN_ENDS = [
    (430, closes(1001)),
    (190, closes(1000)),
    (60, closes(None)),
    (90, closes(4001, "logged out")),
    (90, breaks),
    (15, garbles),
]
ENDS = [*OWN_ENDS, (60, wishes(Wish.DONE)), (40, wishes(Wish.KICK)), (25, wishes(Wish.CRASH))]


async def visit(port: int, path: str, stay: float, end: End) -> None:
    """Connect, send messages for ``stay`` seconds, and end the connection."""
    with suppress(*GONE):
        async with connected(port, path) as visitor:
            await talk(visitor, stay)
            await end(visitor)


async def talk(visitor: RawSocket, seconds: float) -> None:
    """Send a hello to the status socket, and a ping at each interval until the time is over."""
    until = time.monotonic() + seconds
    if visitor.path == STATUS:
        await visitor.ask_for(json.dumps({"type": "hello", "v": 1, "tab": uuid.uuid4().hex, "page": "/"}))
    while (left := until - time.monotonic()) > 0:
        await visitor.ask_for(json.dumps({"type": "ping", "n": 1, "rtt_ms": round(random.uniform(4, 60), 1)}))
        await asyncio.sleep(min(PAUSE, left))


async def knock(port: int, path: str, headers: dict[str, str]) -> None:
    """Connect, and be refused."""
    with suppress(*GONE):
        async with connected(port, path, headers):
            pass


async def turn_back(port: int) -> None:
    """Start a handshake, and leave before it is answered."""
    with suppress(*GONE):
        async with knocking(port, CHAT):
            pass


async def somebody(port: int, stay: float) -> None:
    """Be one visitor, with a random path and a random end."""
    if random.random() < REFUSED_SHARE:
        await knock(port, *random.choice(list(REFUSED.items())))
        return
    [path] = random.choices(list(PLACES), weights=list(PLACES.values()))
    ends = OWN_ENDS if path == STATUS else ENDS
    [(_, end)] = random.choices(ends, weights=[weight for weight, _ in ends])
    await visit(port, path, random.expovariate(1 / stay), end)


async def burst(port: int) -> None:
    """Produce every end and every refusal once, all at the same time."""
    ended = [visit(port, CHAT, BRIEF, end) for _, end in ENDS]
    refused = [knock(port, path, headers) for path, headers in REFUSED.items()]
    await asyncio.gather(*ended, *refused, turn_back(port))


async def tide(port: int, seconds: float, rate: float) -> None:
    """Send visitors who arrive at a rate that varies around ``rate`` per second, with the period ``TIDE``."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as visitors:
        while (passed := time.monotonic() - began) < seconds:
            visitors.create_task(somebody(port, min(STAY, seconds - passed)))
            now = rate * (1 + 0.4 * math.sin(2 * math.pi * passed / TIDE))
            await asyncio.sleep(random.expovariate(now))


async def send(port: int, seconds: float, rate: float) -> None:
    """Send a burst with every kind of end, then the varying stream of visitors."""
    await burst(port)
    await tide(port, seconds, rate)


def main() -> None:
    """Send traffic to a port on this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--rate", type=float, default=3, help="mean number of visitors per second")
    options = parser.parse_args()
    asyncio.run(send(options.port, options.minutes * 60, options.rate))


if __name__ == "__main__":
    main()
