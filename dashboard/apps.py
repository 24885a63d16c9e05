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
        """Have each server process publish its snapshot and serve its viewers once a tick."""
        from lifecycle.server import extensions, process

        from .endpoints import SOCKET_ROUTE
        from .live import broadcast, look_back

        for hook in (broadcast.publish, broadcast.listen, broadcast.show, look_back.look_back):
            if hook not in process.tick_hooks:
                process.tick_hooks.append(hook)
        if broadcast.publish not in process.stop_hooks:
            process.stop_hooks.append(broadcast.publish)
        extensions.add_internal_endpoints(SOCKET_ROUTE)
