"""The route of the dashboard's own socket."""

from __future__ import annotations

#: As in ``path()``. Accepted connections to it, also behind prefixes, are viewers and not traffic of the
#: application.
SOCKET_ROUTE = "ws/dashboard/"
