"""Finds the path of a WebSocket consumer in the routes of the project's ASGI application.

The path is not fixed, because a project may mount the routes under a prefix.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter, get_default_application
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse

from lifecycle.capture.channels_hooks import WATCHED

logger = logging.getLogger("lifecycle")
#: Attributes in which ASGI middleware keeps the application that it wraps. The last one belongs to our own hooks.
WRAPPED = ("app", "application", "inner", WATCHED)
NAME = "socket"

#: The patterns that lead to a consumer: the prefixes of the routers, outermost first, then the route itself.
Patterns = tuple[Any, ...]
#: A URL configuration, in a form that ``reverse()`` accepts.
Urlconf = tuple[URLPattern | URLResolver, ...]


def socket_path(consumer: type, own_routes: Iterable[URLPattern]) -> str:
    """Return the path of a consumer, with the script prefix of the current request.

    ``own_routes`` are the routes that the consumer's app offers to projects. They are used if the project's ASGI
    application has no route to the consumer, or only routes with parameters. Raises ``NoReverseMatch`` if
    ``own_routes`` do not lead to the consumer either.
    """
    for urlconf in urlconfs(consumer, tuple(own_routes)):
        try:
            return reverse(NAME, urlconf=urlconf)  # type: ignore[arg-type] # the stubs know only modules
        except NoReverseMatch:
            continue
    raise NoReverseMatch(f"No route without parameters leads to {consumer.__name__}.")


@cache
def urlconfs(consumer: type, own_routes: tuple[URLPattern, ...]) -> tuple[Urlconf, ...]:
    """Return a URL configuration for each route to a consumer; the project's own routes come first.

    The cache also limits memory: Django keeps a resolver for every URL configuration ever passed to ``reverse()``.
    """
    found = [*project_routes(consumer), *below(own_routes, consumer, frozenset())]
    return tuple(urlconf_of(patterns) for patterns in found)


def project_routes(consumer: type) -> list[Patterns]:
    """Return the routes to a consumer in ``ASGI_APPLICATION``; empty if it is not set or cannot be imported."""
    try:
        return list(routes_to(consumer, get_default_application()))
    except ImproperlyConfigured:
        return []
    except Exception:  # the project's module may raise anything; the page still works with ``own_routes``
        logger.warning("ASGI_APPLICATION could not be imported; using the default WebSocket paths", exc_info=True)
        return []


def routes_to(consumer: type, application: Any, seen: frozenset[int] = frozenset()) -> Iterator[Patterns]:  # noqa: ANN401
    """Yield each route to a consumer inside an ASGI application.

    ``seen`` contains the ids of the enclosing applications. The search stops at an application that wraps itself.
    """
    if application is None or id(application) in seen:
        return
    seen |= {id(application)}
    served = getattr(application, "consumer_class", None)
    if isinstance(served, type) and issubclass(served, consumer):
        yield ()
    elif isinstance(application, ProtocolTypeRouter):
        yield from routes_to(consumer, application.application_mapping.get("websocket"), seen)
    elif isinstance(application, URLRouter):
        yield from below(application.routes, consumer, seen)
    else:
        for name in WRAPPED:
            yield from routes_to(consumer, getattr(application, name, None), seen)


def below(routes: Iterable[URLPattern], consumer: type, seen: frozenset[int]) -> Iterator[Patterns]:
    """Yield each route that leads through one of ``routes`` to a consumer."""
    for route in routes:
        for inner in routes_to(consumer, route.callback, seen):
            yield (route.pattern, *inner)


def urlconf_of(patterns: Patterns) -> Urlconf:
    """Return a URL configuration with a single route, which has the name ``NAME``."""
    *prefixes, last = patterns
    found: URLPattern | URLResolver = URLPattern(last, never_called, name=NAME)
    for prefix in reversed(prefixes):
        found = URLResolver(prefix, [found])
    return (found,)


def never_called() -> None:
    """Placeholder view: the URL configurations are only used for ``reverse()``."""


@receiver(setting_changed)
def reset(*, setting: str = "ASGI_APPLICATION", **kwargs: object) -> None:
    """Clear the cache; called when a test changes ``ASGI_APPLICATION``."""
    if setting == "ASGI_APPLICATION":
        urlconfs.cache_clear()
