"""Finds the path of a WebSocket consumer in the routes of the project's ASGI application.

The path is not fixed, because a project may mount the routes under a prefix.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from functools import cache

from channels.routing import get_default_application
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.urls import NoReverseMatch, URLPattern, URLResolver, reverse

from lifecycle.installation.asgi_application import Patterns, walk

logger = logging.getLogger("lifecycle")
NAME = "socket"
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
    found = [*project_routes(consumer), *below(own_routes, consumer)]
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


def routes_to(consumer: type, application: object) -> Iterator[Patterns]:
    """Yield the patterns of each route to a consumer, or to a subclass of it, inside an ASGI application."""
    for patterns, inner in walk(application):
        served = getattr(inner, "consumer_class", None)
        if isinstance(served, type) and issubclass(served, consumer):
            yield patterns


def below(routes: Iterable[URLPattern], consumer: type) -> Iterator[Patterns]:
    """Yield each route that leads through one of ``routes`` to a consumer."""
    for route in routes:
        for inner in routes_to(consumer, route.callback):
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
