"""Loads the ASGI application of the project, and finds the middleware and the routers inside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter, get_default_application
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from lifecycle.capture.channels_hooks import WATCHED

#: Attributes in which ASGI middleware keeps the application that it wraps. The last one belongs to our own hooks.
WRAPPED = ("app", "application", "inner", WATCHED)

#: The patterns that lead to an application: the prefixes of the routers, outermost first, then the route itself.
Patterns = tuple[Any, ...]


def load_application() -> tuple[object, str]:
    """Import the application that ``ASGI_APPLICATION`` names; return it and an empty text.

    If the import fails, return ``None`` and the error. If the setting is missing, return ``None`` and an empty
    text: then only the server knows the application. Django's own checks import ``ROOT_URLCONF`` in the same way.
    """
    if not getattr(settings, "ASGI_APPLICATION", None):
        return None, ""
    try:
        return get_default_application(), ""
    # The module belongs to the project and may raise anything. A check must not stop the command that runs it.
    except (Exception, SystemExit) as error:
        # Channels reports each ImportError as ImproperlyConfigured, without its text.
        cause = error.__context__ if isinstance(error.__context__, ImportError) else error
        return None, f"{type(cause).__name__}: {cause}"


def children(application: object) -> list[tuple[Patterns, Any]]:
    """Return the applications directly inside an ASGI application, each with the pattern that leads to it.

    Only WebSockets count: a ``ProtocolTypeRouter`` has at most one child.
    """
    found: list[tuple[Patterns, Any]] = []
    if hasattr(application, "consumer_class"):
        return found
    if isinstance(application, ProtocolTypeRouter):
        found = [((), application.application_mapping.get("websocket"))]
    elif isinstance(application, URLRouter):
        found = [((route.pattern,), route.callback) for route in application.routes]
    else:
        found = [((), getattr(application, name, None)) for name in WRAPPED]
    return [(patterns, inner) for patterns, inner in found if inner is not None]


def walk(application: object, seen: frozenset[int] = frozenset()) -> Iterator[tuple[Patterns, Any]]:
    """Yield an application and all applications inside it, each with the patterns that lead to it.

    ``seen`` are the ids of the enclosing applications, so an application that wraps itself ends the search.
    """
    if id(application) in seen:
        return
    yield (), application
    for patterns, inner in children(application):
        for more, found in walk(inner, seen | {id(application)}):
            yield (*patterns, *more), found


def contains(application: object, kind: type) -> bool:
    """Return whether an application, or one inside it, is an instance of ``kind``."""
    return any(isinstance(inner, kind) for _, inner in walk(application))


def hides_routes(application: object) -> bool:
    """Return whether an application may route WebSockets in a way that ``walk`` cannot see.

    For example, a function may call any other application. The routes of a ``URLRouter`` are visible, so no
    application inside a router counts as hidden.
    """
    return any(not patterns and is_opaque(inner) for patterns, inner in walk(application))


def is_opaque(application: object) -> bool:
    """Return whether an application is not a router, not Django, not a consumer, and has no visible child."""
    known = isinstance(application, ProtocolTypeRouter | URLRouter | ASGIHandler)
    return not (known or hasattr(application, "consumer_class") or children(application))
