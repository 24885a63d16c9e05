"""Reads how many bytes a server keeps for a client that has not read them yet.

Uvicorn waits in ``send`` until the client reads, so it keeps little. Daphne's ``send`` never waits: Twisted keeps
everything. The transports are private to the servers, so each access is guarded.
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
