"""Starts and stops the record with its server: Daphne's reactor, the ASGI lifespan of the others, ``atexit``."""

from __future__ import annotations

import asyncio
import atexit
import os
import sys
from typing import Any

from lifecycle.asgi_types import Receive, Scope, Send
from lifecycle.server.current import close, ensure_started, forget, stop


class Lifespan:
    """ASGI lifespan application: starts and stops the record with the server (Uvicorn, Hypercorn, Granian)."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the events ``startup`` and ``shutdown`` (ASGI "Lifespan Protocol")."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                ensure_started()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await stop()
                # On a thread, because Django refuses database queries on the event loop.
                await asyncio.to_thread(close)
                await send({"type": "lifespan.shutdown.complete"})
                return


class Hooks:
    """Whether the hooks for start and stop are set."""

    are_set = False


def prepare() -> None:
    """Set the hooks for start and stop, once: those of Daphne's reactor if Daphne runs, and ``atexit``."""
    if Hooks.are_set:
        return
    Hooks.are_set = True
    atexit.register(close)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
    # Without Daphne, an import of the reactor would install one.
    if "daphne.server" in sys.modules:
        watch_reactor()


def watch_reactor() -> None:
    """Start with Daphne's reactor, and make it wait for the stop.

    The reactor waits only for a ``before`` trigger that returns a Deferred. Meanwhile the port still accepts
    connections, so ``atexit`` writes once more.
    """
    from twisted.internet import defer
    from twisted.internet import reactor as installed

    # The type of the module attribute does not have the methods of the installed reactor.
    reactor: Any = installed

    def start() -> None:
        reactor.callLater(0, ensure_started, "daphne")

    def wait() -> defer.Deferred[None]:
        return defer.Deferred.fromFuture(asyncio.ensure_future(stop()))

    reactor.callWhenRunning(start)
    reactor.addSystemEventTrigger("before", "shutdown", wait)
