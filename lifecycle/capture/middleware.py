"""LifecycleMiddleware: watches each WebSocket from its handshake to its end."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from lifecycle import startup
from lifecycle.asgi_types import Application, Receive, Scope, Send
from lifecycle.capture import channels_hooks
from lifecycle.capture.handshake import facts_from
from lifecycle.capture.socket import WatchedSocket
from lifecycle.server import current
from lifecycle.verdict.facts import Facts

logger = logging.getLogger("lifecycle")
#: Characters of a path in the log.
PATH_LIMIT = 200


class LifecycleMiddleware:
    """ASGI middleware that wraps the whole WebSocket application: origin check, session, router and consumer.

    It must be the outermost middleware to see the end of every connection. A consumer's ``disconnect()`` is not
    called if the consumer raises, if it is cancelled, or if the connection is refused before the consumer runs.
    """

    def __init__(self, app: Application) -> None:
        self.app = app
        channels_hooks.install()
        startup.prepare()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:  # noqa: ANN401 - the application's
        """Serve and record one connection; the client notices no difference.

        The only exception is a handshake that no route matches: it is refused, and the router's error is not
        raised.
        """
        if scope["type"] != "websocket":
            return await self.app(scope, receive, send)
        process = current.ensure_recording()
        facts = process.recorder.guard(facts_from, scope) if process else None
        if process is None or facts is None:
            return await self.app(scope, receive, send)
        socket = WatchedSocket(facts, process.sockets, process.recorder, receive, send)
        facts.route.scope = inner = {**scope, "lifecycle": facts}
        try:
            result = await self.app(inner, socket.receive, socket.send)
        except Exception as error:
            await socket.raised(error)
            if not matches_no_route(facts):
                raise
            await refuse(facts, send)
        except BaseException:
            socket.cancelled()
            raise
        else:
            await socket.returned()
            return result
        finally:
            socket.leave()


def matches_no_route(facts: Facts) -> bool:
    """Return whether no route matched, and the application has not answered the handshake."""
    return facts.route.unmatched and not facts.accepted and not facts.refused


async def refuse(facts: Facts, send: Send) -> None:
    """Refuse a handshake that no route matches, and log one line.

    If the application closes before it accepts, the server answers HTTP 403 (ASGI "HTTP & WebSocket",
    Close). After the router's error, Daphne would wait a second, answer HTTP 500, and log a traceback of up to
    30 KB for each handshake.
    """
    logger.info("No route matches the WebSocket path %r", facts.handshake.path[:PATH_LIMIT])
    # The client may have left already.
    with suppress(Exception):
        await send({"type": "websocket.close"})
