"""The endings of the table in docs/servers.md: each makes one connection end, and reads what was recorded."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from tests.integration.raw_socket import ABNORMAL, Opcode, RawSocket, connected
from tests.integration.rows import Row, unique
from tests.servers.fleet import FLEET, FleetServer

#: Seconds after which a socket whose application has returned counts as open.
STAYS_OPEN_SECONDS = 3.0


class Observation(NamedTuple):
    """One end: what the record says, and the code that the client saw."""

    cause: str
    code: int | None
    exact: bool
    wire: int

    def __str__(self) -> str:
        """Return the cell of the table."""
        wire = "" if self.wire == self.code else f", client saw {self.wire}"
        return f"`{self.cause}` {self.code}{', exact' if self.exact else ''}{wire}"


#: An end that cannot be made on this server, or that did not come.
IMPOSSIBLE, STAYS_OPEN = "no ping timeout", "stays open"
Act = Callable[[RawSocket], Awaitable[None]]


class Ending(NamedTuple):
    """One way in which a connection ends."""

    #: The true cause.
    cause: str
    act: Act
    #: The test application's consumer.
    kind: str = "echo"
    #: The code that the client sends, if it closes first. Servers do not have to echo it.
    client_code: int | None = None
    answers_pings: bool = True


async def wait(socket: RawSocket) -> None:
    """Do nothing, not even answer a ping."""


async def say(socket: RawSocket) -> None:
    """Send a message."""
    await socket.send("hello")


async def reset(socket: RawSocket) -> None:
    """Reset the TCP connection."""
    socket.reset()


async def hang_up(socket: RawSocket) -> None:
    """End the TCP connection without a close frame."""
    socket.writer.write_eof()


ENDINGS = {
    "client closes with 1000": Ending("client_normal", lambda it: it.send_close(1000), client_code=1000),
    "client closes with 4001 and a reason": Ending(
        "client_application", lambda it: it.send_close(4001, "why"), client_code=4001
    ),
    "client closes without a code": Ending("client_no_status", lambda it: it.send_close(), client_code=1005),
    "connection reset (RST)": Ending("network_lost", reset),
    "FIN without a close frame": Ending("network_lost", hang_up),
    "ping is not answered": Ending("heartbeat_lost", wait, answers_pings=False),
    "application closes with 4002": Ending("server_application", lambda it: it.send("4002 full"), "closes"),
    "consumer raises": Ending("server_error", say, "raises_in_receive"),
    "application returns": Ending("server_error", say, "returns"),
    "text is not UTF-8": Ending("protocol_error", lambda it: it.send_frame(Opcode.TEXT, b"\xc3\x28")),
}
STOP = "SIGTERM"
TRUTH = {**{name: ending.cause for name, ending in ENDINGS.items()}, STOP: "server_shutdown"}


async def observe_all(server: FleetServer) -> dict[str, Observation | str]:
    """Return what was observed of each ending on a running server, which is stopped by the last."""
    seen = await asyncio.gather(*(observe(server, name) for name in ENDINGS))
    return {**dict(zip(ENDINGS, seen, strict=True)), STOP: await observe_stop(server)}


async def observe(server: FleetServer, name: str) -> Observation | str:
    """Make a connection end, and return what was observed."""
    ending = ENDINGS[name]
    if not ending.answers_pings and not FLEET[server.software].pings:
        return IMPOSSIBLE
    async with connected(server.port, unique(ending.kind)) as socket:
        await ending.act(socket)
        try:
            async with asyncio.timeout(STAYS_OPEN_SECONDS if ending.kind == "returns" else None):
                wire = await socket.seen(answer_pings=ending.answers_pings)
        except TimeoutError:
            return STAYS_OPEN
        if ending.client_code is None and wire != ABNORMAL:
            await socket.send_close(wire)
    settles = ending.cause == "server_error" and FLEET[server.software].exact
    row = await (server.rows.settled if settles else server.rows.ended)(socket.path)
    return observation(row, wire if ending.client_code is None else ending.client_code)


async def observe_stop(server: FleetServer) -> Observation:
    """Stop a server while a connection is open, and return what was observed."""
    async with connected(server.port, unique("echo")) as socket:
        assert await socket.ask_for("here?") == "here?"
        server.process.send_signal(signal.SIGTERM)
        wire = await socket.seen()
        if wire != ABNORMAL:
            await socket.send_close(wire)
        await asyncio.to_thread(server.process.wait, 60)
        row = await server.rows.ended(socket.path)
    return observation(row, wire)


def observation(row: Row, wire: int) -> Observation:
    """Return the observation of an ended connection."""
    return Observation(row["cause"], row["close_code"], row["exact"], wire)
