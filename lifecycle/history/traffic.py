"""The connections that count as traffic of the application."""

from __future__ import annotations

from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from lifecycle.models import Connection
from lifecycle.server import extensions


def is_internal(endpoint: str) -> bool:
    """Return whether an endpoint belongs to the monitor itself, also if it is nested under other routers."""
    return any(endpoint == route or endpoint.endswith(f"/{route}") for route in extensions.internal_endpoints)


def traffic() -> QuerySet[Connection]:
    """Return all connections except accepted connections to internal endpoints.

    Handshakes that internal endpoints refused are included, because they may come from anybody.
    """
    routes = extensions.internal_endpoints
    if not routes:
        return Connection.objects.all()
    internal = reduce(or_, (Q(endpoint=route) | Q(endpoint__endswith=f"/{route}") for route in routes))
    return Connection.objects.exclude(internal, accepted_at__isnull=False)
