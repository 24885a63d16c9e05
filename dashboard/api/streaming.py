"""Sends parts of a response while they are computed, and never faster than the client reads."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

from asgiref.sync import sync_to_async

from lifecycle.capture.find_server import reachable, task_locals
from lifecycle.capture.unsent import unsent_bytes

logger = logging.getLogger(__name__)

#: Daphne may keep this many bytes that the client has not read yet. Uvicorn itself waits in ``send``.
UNSENT_BYTES = 256 * 1024
#: How often to look whether the client has read, in seconds, and after how long the response is given up.
LOOK_SECONDS, PATIENCE_SECONDS = 0.05, 60.0
DAPHNE = "daphne.http_protocol"


async def streamed(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the parts, each computed in a thread. If the client leaves, the server cancels this.

    If a part fails, the connection is cut, so that the client does not take a part of the response for the whole.
    """
    protocol = daphne_protocol()
    following = sync_to_async(lambda: next(parts, None))
    try:
        while (part := await following()) is not None:
            with given_up_after(PATIENCE_SECONDS):
                yield part
            await until_read(protocol)
    except Exception:
        if protocol is None:
            raise
        # After an exception in a response that has begun, Daphne 4.2 would never again forget a connection.
        logger.exception("A response was cut off in the middle")
        cut(protocol)


@contextmanager
def given_up_after(seconds: float) -> Iterator[None]:
    """Cancel the request if the server waits for the client for too long; Uvicorn would wait for ever."""
    task = asyncio.current_task()
    alarm = asyncio.get_running_loop().call_later(seconds, task.cancel) if task else None
    try:
        yield
    finally:
        if alarm:
            alarm.cancel()


async def until_read(protocol: object | None) -> None:
    """Wait until the server keeps little; raises ``TimeoutError`` if the client does not read."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while unsent_bytes(protocol) > UNSENT_BYTES:  # noqa: ASYNC110 - Twisted reports no event here
            await asyncio.sleep(LOOK_SECONDS)


def daphne_protocol() -> Any:  # noqa: ANN401 - Daphne has no types
    """Return Daphne's protocol object of the current task's request; ``None`` on other servers."""
    found = (item for item in reachable(task_locals()) if type(item).__module__.startswith(DAPHNE))
    return next(found, None)


def cut(protocol: Any) -> None:  # noqa: ANN401
    """Close the connection of a protocol object without the end of the response (RFC 9112 section 8)."""
    protocol.transport.abortConnection()
