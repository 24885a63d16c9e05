"""Finds the endpoint of a connection that no Channels router has routed.

The endpoint is the name that the application gave, or the route of Starlette or FastAPI.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from lifecycle.asgi_types import Scope
from lifecycle.capture.channels_hooks import facts_of
from lifecycle.text import clean
from lifecycle.verdict.facts import UNMATCHED, UNROUTED, Facts

LIMIT = 255
#: Middlewares between a mount and the router that it mounts.
WRAPPERS = 20


def name_endpoint(scope: Scope, endpoint: str) -> None:
    """Set the endpoint of a connection, for an application whose framework puts no route into the scope.

    Call this function with the scope of the connection before you accept it. Later calls do nothing. ``endpoint``
    becomes a label of metrics, so it must be a route as written, not a path with its values. At most 255
    characters are stored.
    """
    facts = facts_of(scope)
    if facts is not None and not facts.accepted and endpoint:
        facts.route.endpoint = clean(endpoint, LIMIT)


def note_endpoint(facts: Facts) -> None:
    """Store the route that a framework has put into the scope, unless the endpoint is already known.

    An accepted connection without a route is ``unrouted``. A handshake that no route matched stays ``unmatched``.
    """
    route = facts.route
    if route.endpoint is not UNMATCHED or route.unmatched:
        return
    try:
        found = route_in(route.scope or {})
    except Exception:  # other projects' objects may raise anything, which must not break the socket
        found = ""
    route.endpoint = clean(found, LIMIT) or (UNROUTED if facts.accepted else UNMATCHED)


def route_in(scope: Scope) -> str:
    """Return the route that Starlette or FastAPI has put into a scope, as written; empty if there is none."""
    route = scope.get("route")
    if route is None or hasattr(route, "routes"):
        # FastAPI does not put its mounts into the scope, so the innermost mount may be another one.
        return mounts(scope, route) or mounts(scope, None)
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    return mounts(scope, route) + path if isinstance(path, str) else ""


def mounts(scope: Scope, route: object) -> str:
    """Return the paths of the mounts that lead to a route, as written, or of all mounts if ``route`` is ``None``.

    Starlette appends the mounts to ``root_path`` with the client's values: ``/teams/42`` for ``/teams/{team}``. No
    part of ``root_path`` may become a label of metrics. So the mounts are searched in the outermost router, and
    ``root_path`` only decides whether the path matches them. The result is empty unless there is exactly one.
    """
    outer, inner, path = scope.get("app_root_path"), scope.get("root_path"), scope.get("path")
    if not (isinstance(outer, str) and isinstance(inner, str) and isinstance(path, str)) or inner == outer:
        return ""
    found: set[str] = set()
    # Other projects' objects may raise anything; without the mounts, the route itself still remains.
    with suppress(Exception):
        routes = getattr(scope.get("router"), "routes", ())
        found.update(paths_to(route, routes, path.removeprefix(outer), path.removeprefix(inner)))
    return found.pop() if len(found) == 1 else ""


def paths_to(wanted: object, routes: Any, path: str, rest: str) -> Iterator[str]:  # noqa: ANN401 - Starlette's
    """Yield the paths of mounts, as written, that lead to a route or end with a mount; ``None`` means any mount.

    The mounts must leave the part ``rest`` of the path, as they did when Starlette routed the connection.
    """
    for route in each(routes):
        taken = take(route, path)
        if taken is None:
            if path == rest and route is wanted:
                yield ""
        else:
            written, remaining = taken
            if remaining == rest and written and (wanted is None or route is wanted):
                yield written
            for more in paths_to(wanted, routes_behind(route), remaining, rest):
                yield written + more


def each(routes: Any) -> Iterator[Any]:  # noqa: ANN401 - Starlette's
    """Yield the routes of a list; FastAPI keeps those of an included router, with its prefix, in contexts."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from (context.starlette_route or context for context in route.effective_route_contexts())
        else:
            yield route


def take(route: Any, path: str) -> tuple[str, str] | None:  # noqa: ANN401 - Starlette's
    """Return the path of a mount, as written, and the rest of a path behind it; ``None`` if it does not match."""
    if hasattr(route, "host_regex"):
        return "", path
    regex, written = getattr(route, "path_regex", None), getattr(route, "path_format", None)
    if not hasattr(route, "routes") or not isinstance(regex, re.Pattern) or not isinstance(written, str):
        return None
    match = regex.match(path)
    return (written.removesuffix("/{path}"), f"/{match['path']}") if match else None


def routes_behind(route: Any) -> Any:  # noqa: ANN401 - Starlette's
    """Return the routes of a mounted application, also behind ASGI middlewares that keep it as ``app``."""
    for _ in range(WRAPPERS):
        if routes := getattr(route, "routes", None):
            return routes
        route = getattr(route, "app", None)
    return ()
