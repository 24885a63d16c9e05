"""Hooks that find the endpoint and the user of a connection; they wrap Channels' router and consumers.

The project needs no changes. Channels' router and its authentication middleware each pass a changed copy of the
scope inwards, and the outermost middleware never sees that copy. So the hooks store the route and the innermost
scope in ``scope["lifecycle"]``. They change nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import markcoroutinefunction
from channels.consumer import AsyncConsumer
from channels.routing import URLRouter
from channels.security.websocket import WebsocketDenier
from django.urls.exceptions import Resolver404

from lifecycle.asgi_types import Application, Receive, Scope, Send
from lifecycle.verdict.facts import UNMATCHED, Facts

#: The ``__call__`` method of a class; its first argument is the instance.
Call = Callable[..., Awaitable[Any]]
#: The attribute of a hooked function that holds the original.
WATCHED = "lifecycle_watched"


def install() -> None:
    """Hook ``URLRouter`` and ``AsyncConsumer``; a second call does nothing."""
    for owner, hook in ((URLRouter, watch_router), (AsyncConsumer, watch_consumer)):
        if not hasattr(owner.__call__, WATCHED):
            original = owner.__call__
            # The hooks are plain functions that return the coroutine, so they hold no frame while a socket waits.
            wrapped = markcoroutinefunction(functools.wraps(original)(hook(original)))
            setattr(wrapped, WATCHED, original)
            owner.__call__ = wrapped


def uninstall() -> None:
    """Remove the hooks, for tests."""
    for owner in (URLRouter, AsyncConsumer):
        owner.__call__ = getattr(owner.__call__, WATCHED, owner.__call__)


def watch_router(original: Call) -> Call:
    """Return a replacement for ``URLRouter.__call__`` that also watches the router's routes."""

    def __call__(router: URLRouter, scope: Scope, receive: Receive, send: Send) -> Awaitable[Any]:
        facts = facts_of(scope)
        if facts is not None:
            watch_routes(router)
            facts.route.searching = True
        return original(router, scope, receive, send)

    return __call__


def watch_routes(router: URLRouter) -> None:
    """Wrap the callbacks of a router's routes, once."""
    for route in router.routes:
        if not hasattr(route.callback, WATCHED):
            route.callback = watch_route(str(route.pattern), route.callback)


def watch_route(pattern: str, callback: Application) -> Application:
    """Return a replacement for a route's application that stores the endpoint of the connection.

    The endpoint is ``pattern`` after the prefixes of all outer routers.
    """
    is_router = getattr(callback, "_path_routing", False)

    def application(scope: Scope, receive: Receive, send: Send) -> Awaitable[Any]:
        facts = facts_of(scope)
        if facts is None:
            return callback(scope, receive, send)
        found = facts.route
        outer = found.endpoint
        found.endpoint = pattern if outer is UNMATCHED else outer + pattern
        found.searching, found.scope = False, scope
        running = callback(scope, receive, send)
        return run_nested_router(running, facts, outer) if is_router else running

    for name in ("consumer_class", "consumer_initkwargs", "_path_routing"):
        if hasattr(callback, name):
            setattr(application, name, getattr(callback, name))
    setattr(application, WATCHED, callback)
    return markcoroutinefunction(application)


async def run_nested_router(running: Awaitable[Any], facts: Facts, outer: str) -> Any:  # noqa: ANN401
    """Run a nested router; if none of its routes match, set the endpoint back to ``outer``.

    The outer router then tries its next route.
    """
    try:
        return await running
    except Resolver404:
        # An accepted connection has already found its route, so the application itself raised the exception.
        if not facts.accepted:
            facts.route.endpoint = outer
        raise


def note_error(facts: Facts, error: Exception) -> None:
    """Store whether an error means that no route matched.

    If no route matches, ``URLRouter`` raises ``ValueError`` or, inside another router, ``Resolver404``.
    """
    facts.route.unmatched = facts.route.searching and isinstance(error, ValueError | Resolver404)


def watch_consumer(original: Call) -> Call:
    """Return a replacement for ``AsyncConsumer.__call__`` that stores the innermost scope, which has the user."""

    def __call__(consumer: AsyncConsumer, scope: Scope, receive: Receive, send: Send) -> Awaitable[Any]:
        facts = facts_of(scope)
        if facts is not None:
            facts.route.scope = scope
            facts.route.origin_refused = isinstance(consumer, WebsocketDenier)
        return original(consumer, scope, receive, send)

    return __call__


def facts_of(scope: Scope) -> Facts | None:
    """Return the facts of the connection that a scope belongs to; ``None`` if the connection is not watched."""
    facts = scope.get("lifecycle")
    return facts if isinstance(facts, Facts) else None


def note_user(facts: Facts) -> None:
    """Store the ID of the innermost scope's user in the facts; if that scope has no user, keep the stored ID."""
    facts.route.user_id = user_id_of(facts.route.scope) or facts.route.user_id


def user_id_of(scope: Scope | None) -> str | None:
    """Return the primary key of a scope's user as text; ``None`` if nobody is signed in.

    A lazy user that would need a database query also gives ``None``: Django refuses queries on the event loop.
    """
    try:
        user = (scope or {}).get("user")
        return str(user.pk) if user is not None and user.is_authenticated else None
    except Exception:  # a lazy user may raise anything, which must not break the socket
        return None
