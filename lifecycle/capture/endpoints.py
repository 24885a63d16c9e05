"""Finds the endpoint of a connection that no Channels router has routed.

The endpoint is the name that the application gave, or the route of Starlette or FastAPI.
"""

from __future__ import annotations

from lifecycle.asgi_types import Scope
from lifecycle.capture.channels_hooks import facts_of
from lifecycle.text import clean
from lifecycle.verdict.facts import UNMATCHED, UNROUTED, Facts

LIMIT = 255


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
    path = getattr(route, "path_format", None) or getattr(route, "path", None)
    if not isinstance(path, str):
        return ""
    # The path of a mount is already a part of the root path.
    own = "" if hasattr(route, "routes") else path
    return mounts(scope, own) + own


def mounts(scope: Scope, own: str) -> str:
    """Return the paths of the mounts around a route, as written.

    Starlette appends the mounts to ``root_path`` with their values: ``/teams/42`` for ``/teams/{team}``. So each
    value is replaced by the name of its parameter; if a value cannot be found, the result is empty. ``own`` is the
    path of the route itself: its parameters do not belong to a mount.
    """
    outer = scope.get("app_root_path")
    if not isinstance(outer, str):
        return ""
    segments = scope.get("root_path", "").removeprefix(outer).split("/")
    for name, value in scope.get("path_params", {}).items():
        parameter = f"{{{name}}}"
        if parameter not in own:
            if str(value) not in segments:
                return ""
            segments[segments.index(str(value))] = parameter
    return "/".join(segments)
