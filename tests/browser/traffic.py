"""Mixed traffic for the demo: visitors who come, talk, and end in every way there is.

Run it as ``python -m tests.browser.traffic --port 8000 --minutes 15`` beside the demo; it outlives its restarts.
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
#: Path -> how many of a hundred visitors go there.
PLACES = {
    CHAT: 20,
    "/ws/chat/support/": 25,
    NOTIFICATIONS: 25,
    "/ws/prices/eur-usd/": 12,
    "/ws/prices/btc-eur/": 8,
    STATUS: 10,
}
#: Path -> headers of a handshake that is refused there.
REFUSED = {NOTIFICATIONS: {"Origin": "https://elsewhere.example"}, "/ws/old-address/": {}, "/ws/members/": {}}
REFUSED_SHARE = 0.04
#: Seconds: how long visitors stay in the mean, how often they talk, and the tide with which they come.
STAY, PAUSE, TIDE = 25.0, 3.0, 240.0
BRIEF = 0.2
NOT_UTF8 = b"\xff\xfe"
#: What a visitor meets where the server restarts.
GONE = (Refused, OSError, asyncio.IncompleteReadError, TimeoutError, AssertionError)

End = Callable[[RawSocket], Awaitable[object]]


def closes(code: int | None, reason: str = "") -> End:
    """Return an end by the client, with this code or without any."""
    return lambda visitor: visitor.close(code, reason)


def wishes(wish: Wish) -> End:
    """Return an end by the server, which the client asks for and answers."""

    async def end(visitor: RawSocket) -> None:
        await visitor.send(wish)
        await visitor.seen(echo=1000)

    return end


async def breaks(visitor: RawSocket) -> None:
    """End without a close frame, as a phone that leaves the network."""
    visitor.reset()


async def garbles(visitor: RawSocket) -> None:
    """Send what is not UTF-8, and be thrown out for it."""
    await visitor.send_frame(Opcode.TEXT, NOT_UTF8)
    await visitor.seen(echo=1007)


#: Each end, and how many of a thousand visitors it happens to. The status page grants no wishes.
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
    """Come, talk for some seconds, and end."""
    with suppress(*GONE):
        async with connected(port, path) as visitor:
            await talk(visitor, stay)
            await end(visitor)


async def talk(visitor: RawSocket, seconds: float) -> None:
    """Say hello, and send a heartbeat now and then."""
    until = time.monotonic() + seconds
    if visitor.path == STATUS:
        await visitor.ask_for(json.dumps({"type": "hello", "v": 1, "tab": uuid.uuid4().hex, "page": "/"}))
    while (left := until - time.monotonic()) > 0:
        await visitor.ask_for(json.dumps({"type": "ping", "n": 1, "rtt_ms": round(random.uniform(4, 60), 1)}))
        await asyncio.sleep(min(PAUSE, left))


async def knock(port: int, path: str, headers: dict[str, str]) -> None:
    """Come, and not be let in."""
    with suppress(*GONE):
        async with connected(port, path, headers):
            pass


async def turn_back(port: int) -> None:
    """Come, and leave before being let in."""
    with suppress(*GONE):
        async with knocking(port, CHAT):
            pass


async def somebody(port: int, stay: float) -> None:
    """Be a visitor drawn by lot."""
    if random.random() < REFUSED_SHARE:
        await knock(port, *random.choice(list(REFUSED.items())))
        return
    [path] = random.choices(list(PLACES), weights=list(PLACES.values()))
    ends = OWN_ENDS if path == STATUS else ENDS
    [(_, end)] = random.choices(ends, weights=[weight for weight, _ in ends])
    await visit(port, path, random.expovariate(1 / stay), end)


async def burst(port: int) -> None:
    """Have every end and every refusal happen, all at once."""
    ended = [visit(port, CHAT, BRIEF, end) for _, end in ENDS]
    refused = [knock(port, path, headers) for path, headers in REFUSED.items()]
    await asyncio.gather(*ended, *refused, turn_back(port))


async def tide(port: int, seconds: float, rate: float) -> None:
    """Have visitors come at ``rate`` a second in the mean, more and fewer by turns."""
    began = time.monotonic()
    async with asyncio.TaskGroup() as visitors:
        while (passed := time.monotonic() - began) < seconds:
            visitors.create_task(somebody(port, min(STAY, seconds - passed)))
            now = rate * (1 + 0.4 * math.sin(2 * math.pi * passed / TIDE))
            await asyncio.sleep(random.expovariate(now))


async def send(port: int, seconds: float, rate: float) -> None:
    """Have something of everything at once, and then the tide."""
    await burst(port)
    await tide(port, seconds, rate)


def main() -> None:
    """Send traffic to a port on this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--minutes", type=float, default=15)
    parser.add_argument("--rate", type=float, default=3, help="visitors a second, in the mean")
    options = parser.parse_args()
    asyncio.run(send(options.port, options.minutes * 60, options.rate))


if __name__ == "__main__":
    main()
