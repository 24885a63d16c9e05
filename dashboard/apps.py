"""The dashboard app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """Shows the life of every WebSocket connection."""

    # "dashboard" in this repository, "lifecycle_dashboard" in the wheel; the label is the same in both.
    name = str(__package__)
    label = "lifecycle_dashboard"
    verbose_name = _("WebSocket dashboard")

    def ready(self) -> None:
        """Register the system checks, and the hooks and the socket of the dashboard with each server process."""
        from lifecycle.server import extensions

        from . import checks
        from .endpoints import SOCKET_ROUTE
        from .live import broadcast, layer_log, look_back

        checks.register()
        layer_log.install()
        extensions.on_tick(broadcast.publish, broadcast.listen, broadcast.show, look_back.look_back)
        extensions.on_stop(broadcast.publish)
        extensions.add_internal_endpoints(SOCKET_ROUTE)
