"""Tests of the bytes that a server keeps for a client, read from the transports of the servers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from twisted.internet.abstract import FileDescriptor

from lifecycle.capture.unsent import abort, is_closing, unsent_bytes


def twisted_transport() -> FileDescriptor:
    """Return a transport of Twisted with 3,000 bytes to send, of which the client has read 400."""
    transport: Any = FileDescriptor(reactor=SimpleNamespace(addWriter=lambda writer: None))
    transport.connected = True
    transport.write(b"x" * 1000)
    transport.writeSomeData = lambda data: 400
    transport.doWrite()
    transport.write(b"y" * 2000)
    return transport


PROTOCOLS = {
    "Twisted": (SimpleNamespace(transport=twisted_transport()), 2600),
    "Twisted with TLS": (SimpleNamespace(transport=SimpleNamespace(transport=twisted_transport())), 2600),
    "asyncio": (SimpleNamespace(transport=SimpleNamespace(get_write_buffer_size=lambda: 42)), 42),
    "unknown transport": (SimpleNamespace(transport=object()), 0),
    "closed": (SimpleNamespace(transport=None), 0),
    "unknown protocol": (None, 0),
}


@pytest.mark.parametrize(("protocol", "size"), PROTOCOLS.values(), ids=PROTOCOLS)
def test_unsent_bytes__of_each_kind_of_server(protocol: object, size: int) -> None:
    assert unsent_bytes(protocol) == size


CLOSING = {
    "Twisted": (twisted_transport(), False),
    "asyncio": (SimpleNamespace(is_closing=lambda: False), False),
    "asyncio, closing": (SimpleNamespace(is_closing=lambda: True), True),
    "Twisted, closing": (SimpleNamespace(disconnecting=True, connected=True), True),
    "Twisted, closed": (SimpleNamespace(disconnecting=False, connected=False), True),
    "unknown transport": (object(), True),
    "no transport": (None, True),
}


@pytest.mark.parametrize(("transport", "closing"), CLOSING.values(), ids=CLOSING)
def test_is_closing__of_each_kind_of_server(transport: object, closing: bool) -> None:
    assert is_closing(SimpleNamespace(transport=transport)) is closing


@pytest.mark.parametrize("name", ["abort", "abortConnection"])
def test_abort__of_each_kind_of_server(name: str) -> None:
    calls: list[str] = []
    abort(SimpleNamespace(transport=SimpleNamespace(**{name: lambda: calls.append(name)})))
    assert calls == [name]


@pytest.mark.parametrize("protocol", [None, object(), SimpleNamespace(transport=None)])
def test_abort__does_nothing_if_the_transport_is_unknown(protocol: object) -> None:
    abort(protocol)
