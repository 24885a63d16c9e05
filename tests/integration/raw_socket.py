"""A WebSocket client over a bare TCP connection (RFC 6455), for frames that no library sends."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import IntEnum
from typing import NamedTuple

from tests.ports import HOST

#: Seconds to wait for a server's answer; generous, for a loaded machine.
PATIENCE = 20.0
NO_STATUS, ABNORMAL = 1005, 1006
FIN, MASKED = 0x80, 0x80


class Opcode(IntEnum):
    """The kinds of frames (RFC 6455 section 5.2)."""

    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class Frame(NamedTuple):
    """A frame as it came from the server."""

    opcode: int
    payload: bytes

    @property
    def close_code(self) -> int:
        """Return the code of a close frame; 1005 if it has none."""
        return int.from_bytes(self.payload[:2]) if self.payload else NO_STATUS

    @property
    def text(self) -> str:
        """Return the payload of a text frame."""
        return self.payload.decode()


class Refused(Exception):
    """The server answered the handshake with an HTTP status other than 101."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status


class RawSocket:
    """One connection, frame by frame. It answers no ping unless it is reading, and echoes no close by itself."""

    def __init__(self, path: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak over a TCP connection that is open."""
        self.path = path
        self.reader = reader
        self.writer = writer

    async def ask(self, headers: dict[str, str]) -> None:
        """Send the handshake request (section 4.1)."""
        self.writer.write(request(self.path, headers))
        await self.writer.drain()

    async def answer(self) -> bytes:
        """Return the header of the server's answer; raise ``Refused`` if the status is not 101."""
        async with asyncio.timeout(PATIENCE):
            head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        if status != 101:
            raise Refused(status)
        return head

    async def send_frame(
        self, opcode: int, payload: bytes = b"", *, masked: bool = True, size: int | None = None
    ) -> None:
        """Send one frame; ``size`` replaces the payload's length in its header."""
        length = len(payload) if size is None else size
        head = bytes([FIN | opcode]) + encoded_length(length, masked)
        key = os.urandom(4) if masked else b""
        self.writer.write(head + key + (xor(payload, key) if masked else payload))
        # In some tests, the server drops the connection here.
        with suppress(ConnectionError):
            await self.writer.drain()

    async def send(self, text: str) -> None:
        """Send a text message."""
        await self.send_frame(Opcode.TEXT, text.encode())

    async def send_close(self, code: int | None = None, reason: str = "") -> None:
        """Send a close frame; without a code its payload is empty."""
        payload = b"" if code is None else code.to_bytes(2) + reason.encode()
        await self.send_frame(Opcode.CLOSE, payload)

    async def receive(self, *, answer_pings: bool = True) -> Frame:
        """Return the next frame that is not a ping; raise ``IncompleteReadError`` at the connection's end."""
        while True:
            first, second = await self.reader.readexactly(2)
            payload = await self.reader.readexactly(await self.read_length(second))
            frame = Frame(first & 0x0F, payload)
            if frame.opcode != Opcode.PING:
                return frame
            if answer_pings:
                await self.send_frame(Opcode.PONG, payload)

    async def read_length(self, second: int) -> int:
        """Return the length of a payload, from the second byte of its frame and what follows (section 5.2)."""
        assert not second & MASKED, "a server masks nothing"
        if second < 126:
            return second
        return int.from_bytes(await self.reader.readexactly(2 if second == 126 else 8))

    async def ask_for(self, text: str) -> str:
        """Send a text message and return the next one from the server."""
        await self.send(text)
        async with asyncio.timeout(PATIENCE):
            return (await self.receive()).text

    async def close(self, code: int | None = None, reason: str = "") -> None:
        """Close as a browser does: close frame, the server's own, end of the connection."""
        await self.send_close(code, reason)
        # Not every server echoes the code: autobahn always answers 1000.
        assert await self.seen() != ABNORMAL
        async with asyncio.timeout(PATIENCE):
            await self.reader.read()

    async def seen(self, *, echo: int | None = None, answer_pings: bool = True) -> int:
        """Return the code of the server's close frame; 1006 if the connection ended without one.

        With ``echo`` the close is answered with this code, and the end awaited; without it, it stays unanswered.
        """
        code = ABNORMAL
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            async with asyncio.timeout(PATIENCE):
                while code == ABNORMAL:
                    frame = await self.receive(answer_pings=answer_pings)
                    code = frame.close_code if frame.opcode == Opcode.CLOSE else ABNORMAL
                if echo is not None:
                    await self.send_close(echo)
                    await self.reader.read()
        return code

    async def hang_up(self) -> None:
        """End the connection in order and without a close frame (a FIN)."""
        self.writer.write_eof()
        await self.seen()

    def reset(self) -> None:
        """Reset the connection (RST), if it has not ended already."""
        if self.writer.transport.is_closing():
            return
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


def request(path: str, headers: dict[str, str]) -> bytes:
    """Return a handshake request (section 4.1)."""
    lines = {
        "Host": HOST,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Origin": f"http://{HOST}",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1")


def encoded_length(length: int, masked: bool) -> bytes:
    """Return the second byte of a frame's header, and the extended length if needed."""
    mask = MASKED if masked else 0
    if length < 126:
        return bytes([mask | length])
    if length < 1 << 16:
        return bytes([mask | 126]) + length.to_bytes(2)
    return bytes([mask | 127]) + length.to_bytes(8)


def xor(payload: bytes, key: bytes) -> bytes:
    """Return a payload masked with a key of four bytes (section 5.3)."""
    repeated = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(repeated)).to_bytes(len(payload))


@asynccontextmanager
async def knocking(port: int, path: str, headers: dict[str, str] | None = None) -> AsyncIterator[RawSocket]:
    """Yield a socket whose handshake is sent and not yet answered; reset it at the end."""
    reader, writer = await asyncio.open_connection(HOST, port)
    one = RawSocket(path, reader, writer)
    try:
        await one.ask(headers or {})
        yield one
    finally:
        one.reset()


@asynccontextmanager
async def connected(port: int, path: str, headers: dict[str, str] | None = None) -> AsyncIterator[RawSocket]:
    """Yield an open socket; reset it at the end. Raise ``Refused`` if the server refuses it."""
    async with knocking(port, path, headers) as one:
        await one.answer()
        yield one


async def refused_status(port: int, path: str, headers: dict[str, str] | None = None) -> int | None:
    """Return the HTTP status of a refused handshake; ``None`` if the server hangs up without one."""
    try:
        async with connected(port, path, headers):
            raise AssertionError(f"{path} was accepted")
    except Refused as refusal:
        return refusal.status
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
