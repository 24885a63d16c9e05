"""A small WebSocket client (RFC 6455); thousands of them run in the test's own process."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import TypeVar

from tests.faults.ledger import Entry
from tests.integration.raw_socket import FIN, HOST, Opcode, encoded_length, request, xor

#: Seconds to wait for a server's answer, in a burst and on a loaded machine.
PATIENCE = 90.0


class NotOpened(Exception):
    """The server refused or dropped the handshake."""


class Client(asyncio.Protocol):
    """One connection, which notes its times and end in its ledger entry. It answers pings and echoes a close."""

    def __init__(self, entry: Entry, headers: dict[str, str] | None = None) -> None:
        """Prepare a connection; the handshake is sent once TCP is connected."""
        self.entry = entry
        self.headers = headers or {}
        self.buffer = bytearray()
        self.messages: deque[bytes] = deque()
        self.close_code: int | None = None
        self.closing = self.torn = False
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()
        self.news = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the handshake request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(request(self.entry.path, self.headers))

    def data_received(self, data: bytes) -> None:
        """Read the answer to the handshake, then frames."""
        self.buffer += data
        if not self.opened.done() and not self.take_answer():
            return
        for opcode, payload in take_frames(self.buffer):
            self.take_frame(opcode, payload)

    def take_answer(self) -> bool:
        """Return whether the connection is open; the status of a refusal goes to the ledger."""
        head, end, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        if not end:
            return False
        status = int(head.split(b" ", 2)[1])
        if status != 101:
            self.entry.refused(status)
            self.transport.close()
            return False
        self.buffer[:] = rest
        self.entry.accepted_at = time.time()
        self.opened.set_result(None)
        return True

    def take_frame(self, opcode: int, payload: bytes) -> None:
        """Answer pings and closes, and keep messages."""
        if opcode == Opcode.CLOSE:
            self.close_code = int.from_bytes(payload[:2]) if payload else None
            self.send_close(self.close_code)
        elif opcode == Opcode.PING:
            self.send_frame(Opcode.PONG, payload)
        elif opcode in {Opcode.TEXT, Opcode.BINARY}:
            self.messages.append(payload)
            self.news.set()

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end."""
        if self.entry.ending_at is not None and not self.torn:
            self.entry.ended_at = time.time()
        if not self.opened.done():
            self.opened.set_exception(NotOpened(self.entry.path))
            # Not every caller waits for this future: mark its exception as retrieved.
            self.opened.exception()
        if not self.gone.done():
            self.gone.set_result(None)
        self.news.set()

    def send_frame(self, opcode: int, payload: bytes = b"") -> None:
        """Send one masked frame."""
        key = os.urandom(4)
        self.transport.write(bytes([FIN | opcode]) + encoded_length(len(payload), True) + key + xor(payload, key))

    def send(self, text: str) -> None:
        """Send a text message."""
        self.send_frame(Opcode.TEXT, text.encode())

    def send_close(self, code: int | None) -> None:
        """Send a close frame, once."""
        if not self.closing:
            self.closing = True
            self.send_frame(Opcode.CLOSE, b"" if code is None else code.to_bytes(2))

    async def message(self) -> bytes:
        """Return the next message; raise ``ConnectionError`` if the connection ends first."""
        while not self.messages:
            if self.gone.done():
                raise ConnectionError(self.entry.path)
            self.news.clear()
            await self.news.wait()
        return self.messages.popleft()

    async def ask(self, text: str) -> bytes:
        """Send a text message and return the answer."""
        self.send(text)
        return await self.message()

    async def close(self, code: int | None, *causes: str) -> None:
        """Close as a browser does, and wait for the end of the connection."""
        self.entry.ends(*causes)
        self.send_close(code)
        await self.gone

    async def hang_up(self, *causes: str) -> None:
        """Send a FIN without a close frame, and wait until the server closes too."""
        self.entry.ends(*causes)
        self.transport.write_eof()
        await self.gone

    def reset(self, *causes: str) -> None:
        """Reset the connection (RST). The client cannot know when the server notices."""
        if self.gone.done():
            return
        if causes:
            self.entry.ends(*causes)
        self.torn = True
        connection = self.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


Kind = TypeVar("Kind", bound=Client)


async def knock(port: int, entry: Entry, headers: dict[str, str] | None = None, kind: type[Kind] = Client) -> Kind:
    """Return a client that has sent the handshake and has no answer yet."""
    loop = asyncio.get_running_loop()
    entry.asked_at = time.time()
    _, client = await loop.create_connection(lambda: kind(entry, headers), HOST, port, family=socket.AF_INET)
    return client


async def connect(port: int, entry: Entry, headers: dict[str, str] | None = None) -> Client:
    """Return a connected client; raise ``NotOpened`` if the handshake was refused or dropped."""
    client = await knock(port, entry, headers)
    async with asyncio.timeout(PATIENCE):
        await client.opened
    return client


@asynccontextmanager
async def connected(port: int, entry: Entry, headers: dict[str, str] | None = None) -> AsyncIterator[Client]:
    """Yield a connected client; reset it at the end."""
    client = await connect(port, entry, headers)
    try:
        yield client
    finally:
        client.reset()


def take_frames(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Remove whole frames from a buffer and yield each as opcode and payload (section 5.2)."""
    while len(buffer) >= 2:
        length, begin = buffer[1], 2
        if length >= 126:
            begin = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:begin])
        if len(buffer) < begin + length:
            return
        frame = buffer[0] & 0x0F, bytes(buffer[begin : begin + length])
        del buffer[: begin + length]
        yield frame
