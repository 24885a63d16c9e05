"""Puts load on a server and prints the result as JSON: ``python -m benchmarks.load MODE PORT``."""

from __future__ import annotations

import argparse
import asyncio
import functools
import itertools
import json
import os
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.sockets import CLOSE, FIREFOX, TEXT, Socket, frame, request

HOST = "127.0.0.1"
#: Maximum duration of a load in seconds.
PATIENCE = 300.0

Result = dict[str, Any]


class Life(Socket):
    """A whole connection lifecycle: connect, one echo, close."""

    def when_open(self) -> None:
        """Send a message."""
        self.transport.write(HELLO_FRAME)

    def when_message(self) -> None:
        """Close after the echo."""
        self.close()


class Page(Socket):
    """A client of the status socket that sends some reports as large as possible, and closes with a reason."""

    reports = 0

    def when_open(self) -> None:
        """Send the reports, each different from the others, and close."""
        for number in range(self.reports):
            report = {"type": "status", "state": f"s{number}", "note": os.urandom(100).hex()}
            self.transport.write(frame(TEXT, json.dumps(report).encode()))
        self.closing = True
        self.transport.write(frame(CLOSE, (4000).to_bytes(2, "big") + b"r" * 120))


class Echoing(Socket):
    """Sends messages as fast as their echoes arrive, a few of them at a time."""

    def begin(self, message: bytes, number: int, window: int) -> None:
        """Send ``number`` messages; wait for echoes while ``window`` messages are unanswered."""
        self.message = message
        self.to_send, self.to_receive = number - window, number
        self.transport.write(message * window)

    def when_message(self) -> None:
        """Send the next message, or close after the last echo."""
        self.to_receive -= 1
        if self.to_send:
            self.to_send -= 1
            self.transport.write(self.message)
        elif not self.to_receive:
            self.close()


class Viewer(Socket):
    """A viewer of the dashboard, which keeps the latest picture."""

    picture: Result | None = None

    def handle_frame(self, opcode: int, payload: bytes) -> None:
        """Keep a picture."""
        if opcode == TEXT:
            self.picture = json.loads(payload)
        super().handle_frame(opcode, payload)


HELLO_FRAME = frame(TEXT, b"hello")
#: Handshakes that are refused, by the reason: the path and the origin of each.
REFUSED = {
    "route": ("/ws/nowhere/", ""),
    "origin": ("/ws/echo/", "https://foreign.example"),
    "token": ("/ws/echo/?token=wrong", ""),
}


async def connect(kind: type[Socket], options: argparse.Namespace) -> Socket:
    """Start a connection; its handshake is not complete yet."""
    loop = asyncio.get_running_loop()
    agent = os.urandom(128).hex() if kind is Page else FIREFOX
    hello = request(options.path, options.port, options.cookie, agent=agent)
    _, opened = await loop.create_connection(lambda: kind(hello), HOST, options.port, family=socket.AF_INET)
    return opened


async def pages(options: argparse.Namespace) -> Result:
    """Run whole lifecycles of ``Page``, with ``number`` reports each, for ``seconds``."""
    Page.reports, options.number = options.number, 0
    return await lives(options, Page)


async def lives(options: argparse.Namespace, kind: type[Socket] = Life) -> Result:
    """Run whole lifecycles, some in parallel, at full speed or at ``rate`` per second."""
    handshakes: list[float] = []
    failed, began = 0, time.perf_counter()

    async def run_in_sequence(starts: Iterator[float]) -> None:
        nonlocal failed
        for start in starts:
            await until(began + start)
            life = await connect(kind, options)
            await life.finished
            handshakes.append(life.handshake)
            failed += not life.closing

    starts = schedule(options, began)
    await asyncio.gather(*(run_in_sequence(starts) for _ in range(options.parallel)))
    seconds = time.perf_counter() - began
    return {"failed": failed, "rate": len(handshakes) / seconds, **percentiles(handshakes)}


async def refuse(options: argparse.Namespace) -> Result:
    """Ask for handshakes that are refused, ``rate`` per second, ``parallel`` of them at the same time."""
    opened, began = [], time.perf_counter()
    kinds = [REFUSED[name] for name in options.reasons.split(",")]
    hellos = itertools.cycle(request(path, options.port, origin=origin) for path, origin in kinds)

    async def run_in_sequence(starts: Iterator[float]) -> None:
        for start in starts:
            await until(began + start)
            hello = next(hellos)
            _, knocking = await asyncio.get_running_loop().create_connection(
                functools.partial(Socket, hello), HOST, options.port, family=socket.AF_INET
            )
            opened.append(await knocking.opened)

    starts = schedule(options, began)
    await asyncio.gather(*(run_in_sequence(starts) for _ in range(options.parallel)))
    seconds = time.perf_counter() - began
    return {"failed": sum(opened), "refused": len(opened), "rate": len(opened) / seconds}


async def look(options: argparse.Namespace) -> Result:
    """Watch the dashboard for ``seconds``; return the refused handshakes in the last picture."""
    viewer = await connect(Viewer, options)
    await until(time.perf_counter() + options.seconds)
    picture = viewer.picture if isinstance(viewer, Viewer) else None
    viewer.transport.abort()
    if picture is None:
        return {"failed": 1}
    refused = sum(row["refused"] for row in picture["endpoints"])
    return {"failed": 0, "refused": refused, "unstored": picture["trust"]["unstored"]}


def schedule(options: argparse.Namespace, began: float) -> Iterator[float]:
    """Yield the start of each lifecycle in seconds after ``began``, until ``number`` or ``seconds`` is reached."""
    for number in range(options.number) if options.number else itertools.count():
        if options.seconds and time.perf_counter() - began > options.seconds:
            return
        yield number / options.rate if options.rate else 0.0


async def until(moment: float) -> None:
    """Wait until the performance counter reaches ``moment``."""
    if (wait := moment - time.perf_counter()) > 0:
        await asyncio.sleep(wait)


def percentiles(seconds: list[float]) -> Result:
    """Return the median and the 99th percentile of handshake times in seconds."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": cuts[49], "p99": cuts[98]}


async def hold(options: argparse.Namespace) -> Result:
    """Open connections at ``rate`` per second, print how many opened, and hold them until standard input ends."""
    held, began = [], time.perf_counter()
    for number in range(options.number):
        await until(began + number / options.rate)
        held.append(await connect(Socket, options))
    opened = sum(await asyncio.gather(*(connection.opened for connection in held)))
    print_result({"open": opened, "failed": options.number - opened})
    await asyncio.to_thread(sys.stdin.read)
    lost = sum(connection.finished.done() for connection in held)
    for connection in held:
        connection.transport.abort()
    return {"lost": lost}


async def echo(options: argparse.Namespace) -> Result:
    """Echo ``number`` messages of 100 bytes over ``parallel`` connections."""
    held = [await connect(Echoing, options) for _ in range(options.parallel)]
    await asyncio.gather(*(connection.opened for connection in held))
    began, message = time.perf_counter(), frame(TEXT, b"m" * 100)
    for connection in held:
        assert isinstance(connection, Echoing)  # noqa: S101 - created above
        connection.begin(message, options.number // options.parallel, options.window)
    await asyncio.gather(*(connection.finished for connection in held))
    failed = sum(connection.to_receive for connection in held if isinstance(connection, Echoing))
    return {"failed": failed, "rate": options.number / (time.perf_counter() - began)}


async def watch(options: argparse.Namespace) -> Result:
    """Receive for ``seconds`` and count the bytes on the wire, beginning one second after the handshake."""
    viewer = await connect(Socket, options)
    if not await viewer.opened:
        return {"failed": 1}
    await until(time.perf_counter() + 1)
    began, before = time.perf_counter(), viewer.received
    await until(began + options.seconds)
    rate = (viewer.received - before) / (time.perf_counter() - began)
    viewer.transport.abort()
    return {"bytes_s": rate, "failed": int(viewer.finished.done())}


def print_result(result: Result) -> None:
    """Print a result as JSON for the benchmark."""
    print(json.dumps(result), flush=True)


MODES = {
    "lives": lives,
    "hold": hold,
    "echo": echo,
    "watch": watch,
    "refuse": refuse,
    "look": look,
    "pages": pages,
}


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("mode", choices=MODES)
    arguments.add_argument("port", type=int)
    arguments.add_argument("--path", default="/ws/echo/")
    arguments.add_argument("--cookie", default="")
    arguments.add_argument("--reasons", default="route,origin,token", help="of refused handshakes")
    arguments.add_argument("--number", type=int, default=0, help="connections or messages; 0 for no limit")
    arguments.add_argument("--seconds", type=float, default=0, help="duration; 0 to stop at the number")
    arguments.add_argument("--parallel", type=int, default=16, help="connections at the same time")
    arguments.add_argument("--window", type=int, default=4, help="unanswered messages on each connection")
    arguments.add_argument("--rate", type=float, default=0, help="connections per second; 0 for full speed")
    return arguments


async def main() -> None:
    """Run one mode and print its result."""
    options = parser().parse_args()
    print_result(await asyncio.wait_for(MODES[options.mode](options), PATIENCE))


if __name__ == "__main__":
    asyncio.run(main())
