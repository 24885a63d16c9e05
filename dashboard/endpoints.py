"""The route of the dashboard's own socket, and a query for all connections except those of its viewers."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from lifecycle.models import Connection

#: As in ``path()``. Accepted connections to it, also behind prefixes, are viewers and not traffic of the
#: application.
SOCKET_ROUTE = "ws/dashboard/"


def traffic() -> QuerySet[Connection]:
    """Return all connections except those of viewers. Handshakes that the dashboard refused are included."""
    own = Q(endpoint=SOCKET_ROUTE) | Q(endpoint__endswith=f"/{SOCKET_ROUTE}")
    return Connection.objects.exclude(own, accepted_at__isnull=False)
