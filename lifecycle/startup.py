"""Starts recording when the server starts, and stops recording when the server stops.

The start and the stop are noticed through Daphne's reactor, the ASGI lifespan, Uvicorn's shutdown, ``atexit``, and
the finalizers of ``multiprocessing``.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.util import Finalize
from typing import Any

from lifecycle import conf
from lifecycle.asgi_types import Receive, Scope, Send
from lifecycle.server import extensions
from lifecycle.server.current import close, ensure_started, forget, stop

logger = logging.getLogger("lifecycle")
#: The priority of the finalizer in worker processes: before those of ``multiprocessing`` itself.
FIRST = 1000


class Lifespan:
    """ASGI lifespan application for Uvicorn, Hypercorn and Granian.

    Starts recording at startup, and stops recording at shutdown.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle the ``startup`` and ``shutdown`` events (ASGI "Lifespan Protocol")."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                ensure_started()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await finish()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def finish() -> None:
    """Stop recording, write the remaining events, and close the spool."""
    await stop()
    # In a thread, because Django refuses database queries on the event loop.
    await asyncio.to_thread(close)


class Hooks:
    """Remembers whether ``prepare`` has set the hooks."""

    are_set = False


def prepare() -> None:
    """Register the start and stop hooks: at exit, Uvicorn, and Daphne's reactor if Daphne runs; only once."""
    if Hooks.are_set:
        return
    Hooks.are_set = True
    atexit.register(close)
    extensions.on_start(watch_uvicorn, watch_worker)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
    # Under other servers, importing the reactor would install it.
    if "daphne.server" in sys.modules:
        watch_reactor()


def watch_reactor() -> None:
    """Start recording when Daphne's reactor starts, and make the reactor wait until the last events are written.

    The reactor waits only for a ``before`` trigger that returns a Deferred. While it waits, the port still accepts
    connections; the ``atexit`` hook writes their events.
    """
    from twisted.internet import defer
    from twisted.internet import reactor as installed

    # The declared type of ``twisted.internet.reactor`` lacks the methods of the installed reactor.
    reactor: Any = installed

    def start() -> None:
        reactor.callLater(0, ensure_started, "daphne")

    def wait() -> defer.Deferred[None]:
        return defer.Deferred.fromFuture(asyncio.ensure_future(stop()))

    reactor.callWhenRunning(start)
    reactor.addSystemEventTrigger("before", "shutdown", wait)


def watch_uvicorn() -> None:
    """Stop recording at the end of Uvicorn's shutdown, even if this application gets no lifespan events.

    Starlette and FastAPI do not pass the lifespan on to an application that they mount. Uvicorn ends itself with
    the signal that stopped it, so ``atexit`` does not run. The server is found through its signal handler, because
    Uvicorn gives no other access to it. The handler itself is not changed.
    """
    server = running_uvicorn()
    if server is None or "shutdown" in vars(server):
        return
    shutdown = server.shutdown

    async def shutdown_and_finish(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as Uvicorn calls it
        try:
            await shutdown(*args, **kwargs)
        finally:
            await finish()

    server.shutdown = shutdown_and_finish


def watch_worker() -> None:
    """Stop recording when this process ends, if ``multiprocessing`` has started it, as Granian's workers.

    A process that ``multiprocessing`` has forked ends with ``os._exit``, so ``atexit`` does not run. Before that,
    its finalizers run. A new process has none, so this one is registered when recording starts.
    """
    if multiprocessing.parent_process() is not None:
        Finalize(None, close_in_time, exitpriority=FIRST)


def close_in_time() -> None:
    """Stop recording, and write the remaining events; wait at most ``STOP_SECONDS`` for the database."""
    closing = threading.Thread(target=close, name="lifecycle-close", daemon=True)
    closing.start()
    closing.join(conf.get("STOP_SECONDS"))
    if closing.is_alive():
        logger.error("Stopped before all events were written; the next start writes the rest")


def running_uvicorn() -> Any | None:  # noqa: ANN401 - a ``uvicorn.Server``
    """Return the running ``uvicorn.Server``, found through its signal handler; ``None`` if there is none."""
    uvicorn = sys.modules.get("uvicorn.server")
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return server if uvicorn is not None and isinstance(server, uvicorn.Server) else None


def uvicorn_is_stopping() -> bool | None:
    """Return whether the running Uvicorn server is stopping; ``None`` if no server is found.

    Uvicorn first closes its listening sockets. If it stops because of ``--limit-max-requests``, it does not set
    ``should_exit``.
    """
    server = running_uvicorn()
    if server is None:
        return None
    listening = getattr(server, "servers", ())
    return server.should_exit or (bool(listening) and not any(one.is_serving() for one in listening))
