"""The load, in a process of its own: ``python -m benchmarks.load MODE PORT``; prints what it saw as JSON."""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.sockets import TEXT, Socket, frame, request

HOST = "127.0.0.1"
#: Seconds after which a load that makes no progress is given up.
PATIENCE = 300.0

Seen = dict[str, Any]


class Life(Socket):
    """A whole life: connect, one echo, close."""

    def when_open(self) -> None:
        """Send the one message."""
        self.transport.write(HELLO_FRAME)

    def when_message(self) -> None:
        """Close once it came back."""
        self.close()


class Echoing(Socket):
    """Sends messages as fast as they come back, a few of them under way at a time."""

    def begin(self, message: bytes, number: int, window: int) -> None:
        """Send ``number`` messages, at most ``window`` of them unanswered."""
        self.message = message
        self.to_send, self.to_come = number - window, number
        self.transport.write(message * window)

    def when_message(self) -> None:
        """Send the next one, or close after the last."""
        self.to_come -= 1
        if self.to_send:
            self.to_send -= 1
            self.transport.write(self.message)
        elif not self.to_come:
            self.close()


HELLO_FRAME = frame(TEXT, b"hello")


async def connect(kind: type[Socket], options: argparse.Namespace) -> Socket:
    """Begin a connection."""
    loop = asyncio.get_running_loop()
    hello = request(options.path, options.port, options.cookie)
    _, opened = await loop.create_connection(lambda: kind(hello), HOST, options.port, family=socket.AF_INET)
    return opened


async def lives(options: argparse.Namespace) -> Seen:
    """Run whole lives, some in parallel, as fast as they go or at ``rate`` a second."""
    handshakes: list[float] = []
    failed, began = 0, time.perf_counter()

    async def one_after_the_other(turns: Iterator[float]) -> None:
        nonlocal failed
        for turn in turns:
            await until(began + turn)
            life = await connect(Life, options)
            await life.finished
            handshakes.append(life.handshake)
            failed += not life.closing

    turns = schedule(options, began)
    await asyncio.gather(*(one_after_the_other(turns) for _ in range(options.parallel)))
    taken = time.perf_counter() - began
    return {"failed": failed, "rate": len(handshakes) / taken, **percentiles(handshakes)}


def schedule(options: argparse.Namespace, began: float) -> Iterator[float]:
    """Yield when each life is to begin, in seconds from the first, until there were enough of them."""
    for number in range(options.number) if options.number else itertools.count():
        if options.seconds and time.perf_counter() - began > options.seconds:
            return
        yield number / options.rate if options.rate else 0.0


async def until(moment: float) -> None:
    """Wait for a moment of the performance counter, if it is still to come."""
    if (wait := moment - time.perf_counter()) > 0:
        await asyncio.sleep(wait)


def percentiles(seconds: list[float]) -> Seen:
    """Return the median and the 99th percentile of handshake times, in seconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": cuts[49], "p99": cuts[98]}


async def hold(options: argparse.Namespace) -> Seen:
    """Open connections at ``rate`` a second, say so, and hold them until standard input ends."""
    held, began = [], time.perf_counter()
    for number in range(options.number):
        await until(began + number / options.rate)
        held.append(await connect(Socket, options))
    opened = sum(await asyncio.gather(*(one.opened for one in held)))
    say({"open": opened, "failed": options.number - opened})
    await asyncio.to_thread(sys.stdin.read)
    lost = sum(one.finished.done() for one in held)
    for one in held:
        one.transport.abort()
    return {"lost": lost}


async def echo(options: argparse.Namespace) -> Seen:
    """Echo ``number`` messages of 100 bytes, over some connections in parallel."""
    held = [await connect(Echoing, options) for _ in range(options.parallel)]
    await asyncio.gather(*(one.opened for one in held))
    began, message = time.perf_counter(), frame(TEXT, b"m" * 100)
    for one in held:
        assert isinstance(one, Echoing)  # noqa: S101 - made so above
        one.begin(message, options.number // options.parallel, options.window)
    await asyncio.gather(*(one.finished for one in held))
    failed = sum(one.to_come for one in held if isinstance(one, Echoing))
    return {"failed": failed, "rate": options.number / (time.perf_counter() - began)}


async def watch(options: argparse.Namespace) -> Seen:
    """Receive for ``seconds``, from the first message on, and count the bytes of the wire."""
    viewer = await connect(Socket, options)
    if not await viewer.opened:
        return {"failed": 1}
    await until(time.perf_counter() + 1)
    began, before = time.perf_counter(), viewer.received
    await until(began + options.seconds)
    rate = (viewer.received - before) / (time.perf_counter() - began)
    viewer.transport.abort()
    return {"bytes_s": rate, "failed": int(viewer.finished.done())}


def say(seen: Seen) -> None:
    """Tell the benchmark what was seen."""
    print(json.dumps(seen), flush=True)


MODES = {"lives": lives, "hold": hold, "echo": echo, "watch": watch}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("mode", choices=MODES)
    made.add_argument("port", type=int)
    made.add_argument("--path", default="/ws/echo/")
    made.add_argument("--cookie", default="")
    made.add_argument("--number", type=int, default=0, help="connections or messages; 0: no end")
    made.add_argument("--seconds", type=float, default=0, help="how long; 0: until the number is reached")
    made.add_argument("--parallel", type=int, default=16, help="connections at a time")
    made.add_argument("--window", type=int, default=4, help="messages under way on each connection")
    made.add_argument("--rate", type=float, default=0, help="connections a second; 0: as fast as they go")
    return made


async def main() -> None:
    """Run one mode and print what was seen."""
    options = parser().parse_args()
    say(await asyncio.wait_for(MODES[options.mode](options), PATIENCE))


if __name__ == "__main__":
    asyncio.run(main())
