"""A minimal WebSocket client (RFC 6455 over raw asyncio), which leaves the CPU to the measured server."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
NORMAL_CLOSURE = (1000).to_bytes(2, "big")


def frame(opcode: int, payload: bytes = b"") -> bytes:
    """Return a masked frame (RFC 6455 section 5.2); ``payload`` must be shorter than 65,536 bytes."""
    key = os.urandom(4)
    masked = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    return bytes((0x80 | opcode,)) + length + key + masked


def take_frames(buffer: bytearray) -> Iterator[tuple[int, bytes]]:
    """Remove the complete frames from the buffer; yield the opcode and payload of each."""
    while len(buffer) >= 2:
        length, begin = buffer[1], 2
        if length >= 126:
            begin = 4 if length == 126 else 10
            length = int.from_bytes(buffer[2:begin], "big")
        if len(buffer) < begin + length or len(buffer) < begin:
            return
        opcode, payload = buffer[0] & 0xF, bytes(buffer[begin : begin + length])
        del buffer[: begin + length]
        yield opcode, payload


def request(path: str, port: int, cookie: str = "", origin: str = "", agent: str = FIREFOX) -> bytes:
    """Return a handshake request (RFC 6455 section 4.1); by default, its origin is the server's own."""
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Origin: {origin or f'http://127.0.0.1:{port}'}",
        f"User-Agent: {agent}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *([f"Cookie: {cookie}"] if cookie else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


class Socket(asyncio.Protocol):
    """The WebSocket of one client; subclasses override ``when_open`` and ``when_message``.

    ``handshake`` is the time from the request to the response in seconds. ``opened`` gets the result
    true if the handshake succeeded, otherwise false. ``finished`` is done when the connection is closed.
    """

    def __init__(self, hello: bytes) -> None:
        """Prepare to send the handshake request ``hello`` when the TCP connection is open."""
        self.hello = hello
        self.buffer = bytearray()
        self.received = 0
        self.handshake = 0.0
        self.is_open = False
        self.closing = False
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[bool] = loop.create_future()
        self.finished: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - as for every stream
        self.transport = transport
        self.requested_at = time.perf_counter()
        transport.write(self.hello)

    def data_received(self, data: bytes) -> None:
        """Handle the response to the handshake, then frames."""
        self.buffer += data
        if not self.is_open and not self.read_response():
            return
        self.received += len(data)
        for opcode, payload in take_frames(self.buffer):
            self.handle_frame(opcode, payload)

    def read_response(self) -> bool:
        """Return whether the handshake succeeded; after a refusal, close the connection."""
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        if b" 101 " not in head[:16]:
            self.transport.abort()
            return False
        self.handshake = time.perf_counter() - self.requested_at
        self.buffer = rest
        self.is_open = True
        self.opened.set_result(True)
        self.when_open()
        return True

    def handle_frame(self, opcode: int, payload: bytes) -> None:
        """Answer close and ping frames, and call ``when_message`` for text frames."""
        if opcode == CLOSE:
            self.close()
            self.transport.close()
        elif opcode == PING:
            self.transport.write(frame(PONG, payload))
        elif opcode == TEXT:
            self.when_message()

    def close(self) -> None:
        """Send a close frame, once."""
        if self.is_open and not self.closing:
            self.closing = True
            self.transport.write(CLOSE_FRAME)

    def connection_lost(self, error: Exception | None) -> None:
        """Complete the futures."""
        if not self.opened.done():
            self.opened.set_result(False)
        self.finished.set_result(None)

    def when_open(self) -> None:
        """Handle the completed handshake."""

    def when_message(self) -> None:
        """Handle a message."""


CLOSE_FRAME = frame(CLOSE, NORMAL_CLOSURE)
