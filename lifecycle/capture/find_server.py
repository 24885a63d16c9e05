"""Finds the server's protocol object behind ASGI wrappers, such as the middlewares of Sentry and OpenTelemetry.

A wrapper replaces ``send`` and ``receive`` by its own functions. The closures of these functions hold the server's
``send`` and ``receive``. If the closures do not lead to the protocol object, the coroutine that the server started
is searched: its local variables contain the server's own ``send`` (Daphne) or the protocol object (Uvicorn). If
both searches fail, nothing about the end is exact.
"""

from __future__ import annotations

import asyncio
import functools
import sys
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType
from typing import Any

from lifecycle.asgi_types import Receive, Send
from lifecycle.capture.witnesses import Witness, witness_for, witness_of

#: The modules that are loaded if one of the servers with a witness runs.
SERVERS = ("daphne.ws_protocol", "uvicorn.protocols.websockets")
#: Objects to look at for one connection; a wrapper adds two to six.
LIMIT = 100


def find_witness(receive: Receive, send: Send) -> Witness:
    """Return the witness for the server of the current task's connection, even if ``send`` is wrapped.

    A ``send`` that is not wrapped leads to the server at once, so nothing else is searched.
    """
    direct = witness_of(send)
    if type(direct) is not Witness or not any(module in sys.modules for module in SERVERS):
        return direct
    try:
        return witness_for(protocol_behind(receive, send))
    except Exception:  # other projects' objects may raise anything, which must not break the socket
        return direct


def protocol_behind(receive: Receive, send: Send) -> object | None:
    """Return the protocol object that the callables or the current task lead to; ``None`` if not exactly one.

    If there are two, they belong to different connections, so neither can be trusted.
    """
    for roots in (lambda: [send, receive], task_locals):
        found = {id(item): item for item in reachable(roots()) if is_protocol(item)}
        if found:
            return next(iter(found.values())) if len(found) == 1 else None
    return None


def is_protocol(item: object) -> bool:
    """Return whether an object is a server's protocol object of a WebSocket."""
    return type(item).__module__.startswith(SERVERS)


def task_locals() -> list[Any]:
    """Return the local variables of the coroutine that the server started for the current connection."""
    task = asyncio.current_task()
    frame = getattr(task.get_coro() if task else None, "cr_frame", None)
    return list(frame.f_locals.values()) if frame else []


def reachable(roots: Iterable[Any]) -> Iterator[Any]:
    """Yield the objects that callables lead to, nearest first; at most ``LIMIT`` objects."""
    # The objects are kept, because another object could get the ID of an object that no longer exists.
    seen: dict[int, Any] = {}
    waiting = list(roots)
    while waiting and len(seen) < LIMIT:
        item = waiting.pop(0)
        if id(item) not in seen:
            seen[id(item)] = item
            yield item
            waiting += behind(item)


def behind(item: Any) -> list[Any]:  # noqa: ANN401 - any object
    """Return the objects that a callable refers to.

    These are the values in the closure of a function, the arguments of a ``partial``, or the instance of a bound
    method, with those of the instance's attributes whose names contain ``send`` or ``receive``.
    """
    if isinstance(item, functools.partial):
        return [item.func, *item.args, *item.keywords.values()]
    if isinstance(item, MethodType):
        owner = item.__self__
        named = getattr(owner, "__dict__", {}).items()
        return [owner, item.__func__, *(held for name, held in named if "send" in name or "receive" in name)]
    if isinstance(item, FunctionType):
        return [cell.cell_contents for cell in item.__closure__ or () if not is_empty(cell)]
    return []


def is_empty(cell: Any) -> bool:  # noqa: ANN401 - a cell of a closure
    """Return whether the variable of a closure has no value yet."""
    try:
        cell.cell_contents  # noqa: B018 - reading raises
    except ValueError:
        return True
    return False
