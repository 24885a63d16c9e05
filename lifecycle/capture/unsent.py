"""Reads how many bytes a server keeps for a client that has not read them yet, and aborts such a connection.

Uvicorn waits in ``send`` until the client reads, so it keeps few messages. Daphne's ``send`` never waits: Twisted
keeps everything. Most servers keep all answers to pings. The transports are private to the servers, so each access
is guarded.
"""

from __future__ import annotations

from typing import Any


def unsent_bytes(protocol: Any) -> int:  # noqa: ANN401 - the protocol object of any server
    """Return the number of bytes that wait for the client; 0 if it cannot be read."""
    transport = getattr(protocol, "transport", None)
    if transport is None:
        return 0
    try:
        if hasattr(transport, "get_write_buffer_size"):
            return int(transport.get_write_buffer_size())
        # Twisted's TLS transport wraps the TCP transport, which has the buffer.
        inner = getattr(transport, "transport", None) or transport
        return len(inner.dataBuffer) - inner.offset + inner._tempDataLen
    except (AttributeError, TypeError):
        return 0


def is_closing(protocol: Any) -> bool:  # noqa: ANN401 - the protocol object of any server
    """Return whether the transport reads nothing more from the client; true if it cannot be read."""
    transport = getattr(protocol, "transport", None)
    if transport is not None and hasattr(transport, "is_closing"):
        return bool(transport.is_closing())
    return bool(getattr(transport, "disconnecting", True)) or not getattr(transport, "connected", False)


def abort(protocol: Any) -> None:  # noqa: ANN401 - the protocol object of any server
    """Close the transport at once and discard the unsent bytes; do nothing if that is not possible."""
    transport = getattr(protocol, "transport", None)
    # asyncio and Twisted
    for name in ("abort", "abortConnection"):
        if hasattr(transport, name):
            getattr(transport, name)()
            return
