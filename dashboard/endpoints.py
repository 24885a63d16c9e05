"""The route of the dashboard's own socket, and the connections that are not those of its viewers."""

from __future__ import annotations

from django.db.models import QuerySet

from lifecycle.models import Connection

#: As in ``path()``. Accepted connections to it, also behind prefixes, are viewers and not traffic of the
#: application.
SOCKET_ROUTE = "ws/dashboard/"


def traffic() -> QuerySet[Connection]:
    """Return all connections except those of the dashboard's viewers; a refused handshake is no viewer."""
    return Connection.objects.exclude(endpoint__endswith=SOCKET_ROUTE, accepted_at__isnull=False)
