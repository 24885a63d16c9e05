"""Hooks in Channels' router and consumers, so that endpoint and user are found without editing a project.

The router hands a copy of the scope inwards, so nothing that it or the authentication finds is seen from the
outside. Both classes are therefore told to note what they see in ``scope["lifecycle"]``, and nothing else.
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

from lifecycle.verdict.facts import UNMATCHED, Facts

Scope = dict[str, Any]
Application = Callable[..., Awaitable[Any]]
WATCHED = "lifecycle_watched"


def install() -> None:
    """Hook ``URLRouter`` and ``AsyncConsumer``; a second call does nothing."""
    for owner, hook in ((URLRouter, watch_router), (AsyncConsumer, watch_consumer)):
        if not hasattr(owner.__call__, WATCHED):
            original = owner.__call__
            # Plain functions that return the coroutine, so that a waiting socket holds no frame of theirs.
            wrapped = markcoroutinefunction(functools.wraps(original)(hook(original)))
            setattr(wrapped, WATCHED, original)
            owner.__call__ = wrapped


def uninstall() -> None:
    """Take the hooks out again, for tests."""
    for owner in (URLRouter, AsyncConsumer):
        owner.__call__ = getattr(owner.__call__, WATCHED, owner.__call__)


def watch_router(original: Application) -> Application:
    """Return ``URLRouter.__call__`` that has its routes watched."""

    def __call__(router: URLRouter, scope: Scope, receive: Application, send: Application) -> Awaitable[Any]:
        facts = facts_of(scope)
        if facts is not None:
            watch_routes(router)
            facts.routing = True
        return original(router, scope, receive, send)

    return __call__


def watch_routes(router: URLRouter) -> None:
    """Wrap the callbacks of a router's routes, once."""
    for route in router.routes:
        if not hasattr(route.callback, WATCHED):
            route.callback = watch_route(str(route.pattern), route.callback)


def watch_route(pattern: str, callback: Application) -> Application:
    """Return a route's application that notes the route as written, behind the prefixes of outer routers."""
    is_router = getattr(callback, "_path_routing", False)

    def application(scope: Scope, receive: Application, send: Application) -> Awaitable[Any]:
        facts = facts_of(scope)
        if facts is None:
            return callback(scope, receive, send)
        outer = facts.endpoint
        facts.endpoint = pattern if outer is UNMATCHED else outer + pattern
        facts.routing, facts.scope = False, scope
        running = callback(scope, receive, send)
        return with_way_back(running, facts, outer) if is_router else running

    for name in ("consumer_class", "consumer_initkwargs", "_path_routing"):
        if hasattr(callback, name):
            setattr(application, name, getattr(callback, name))
    setattr(application, WATCHED, callback)
    return markcoroutinefunction(application)


async def with_way_back(running: Awaitable[Any], facts: Facts, outer: str) -> Any:  # noqa: ANN401
    """Run a nested router; where none of its routes matches, the router around it tries its next one."""
    try:
        return await running
    except Resolver404:
        # What was accepted has found its route.
        if not facts.accepted:
            facts.endpoint = outer
        raise


def is_unroutable(facts: Facts, error: Exception) -> bool:
    """Tell whether a router raised an error because it found no route; ``URLRouter`` has two ways to."""
    return facts.routing and isinstance(error, ValueError | Resolver404)


def watch_consumer(original: Application) -> Application:
    """Return ``AsyncConsumer.__call__`` that notes the innermost scope, which holds the user."""

    def __call__(consumer: AsyncConsumer, scope: Scope, receive: Application, send: Application) -> Awaitable[Any]:
        facts = facts_of(scope)
        if facts is not None:
            facts.scope = scope
            facts.origin_refused = isinstance(consumer, WebsocketDenier)
        return original(consumer, scope, receive, send)

    return __call__


def facts_of(scope: Scope) -> Facts | None:
    """Return the facts of the connection that a scope belongs to."""
    facts = scope.get("lifecycle")
    return facts if isinstance(facts, Facts) else None
