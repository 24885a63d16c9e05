"""Starts and stops the record with its server: Daphne's reactor, the ASGI lifespan of the others, ``atexit``."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from collections.abc import Callable
from typing import Any

from lifecycle.server.process import close, forget, running, stop


class Lifespan:
    """ASGI lifespan application: starts and stops the record with the server (Uvicorn, Hypercorn, Granian)."""

    async def __call__(self, scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Answer the server's two questions (ASGI "Lifespan Protocol")."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                running()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await stop()
                # What is left is written from a thread: Django lets no event loop wait for a database.
                await asyncio.to_thread(close)
                await send({"type": "lifespan.shutdown.complete"})
                return


class Hooks:
    """Whether the hooks are set."""

    are_set = False


def prepare() -> None:
    """Set the hooks for start and stop, once: the reactor's where Daphne runs, and ``atexit``."""
    if Hooks.are_set:
        return
    Hooks.are_set = True
    atexit.register(close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
    # Importing the reactor where Daphne does not run would install one.
    if "daphne.server" in sys.modules:
        watch_reactor()


def watch_reactor() -> None:
    """Start with Daphne's reactor, and have it wait for the stop.

    Only a ``before`` trigger that returns a Deferred is waited for; the port still accepts meanwhile, so that
    ``atexit`` drains once more.
    """
    from twisted.internet import defer
    from twisted.internet import reactor as installed

    # What the module gives is the installed reactor; its type says less.
    reactor: Any = installed

    def start() -> None:
        reactor.callLater(0, running, "daphne")

    def wait() -> defer.Deferred[None]:
        return defer.Deferred.fromFuture(asyncio.ensure_future(stop()))

    reactor.callWhenRunning(start)
    reactor.addSystemEventTrigger("before", "shutdown", wait)
