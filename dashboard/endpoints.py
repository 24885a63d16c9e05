"""The route of the dashboard's socket, and the query that leaves its connections out."""

from __future__ import annotations

from django.db.models import QuerySet

from lifecycle.models import Connection

#: The route, as passed to ``path()``. Connections to this endpoint, with or without a prefix, are viewers of the
#: dashboard. They do not count as traffic of the application.
SOCKET_ROUTE = "ws/dashboard/"


def traffic() -> QuerySet[Connection]:
    """Return all connections except those of the dashboard's viewers."""
    return Connection.objects.exclude(endpoint__endswith=SOCKET_ROUTE)
