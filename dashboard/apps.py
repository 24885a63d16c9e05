"""The dashboard app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """Configures the dashboard and connects it to each server process."""

    # The package is called "dashboard" in this repository and "lifecycle_dashboard" in the wheel.
    # The label is the same in both.
    name = str(__package__)
    label = "lifecycle_dashboard"
    verbose_name = _("WebSocket dashboard")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, the hooks for ticks and the stop, and the endpoint of the dashboard's socket."""
        from lifecycle.server import extensions

        from . import checks
        from .endpoints import SOCKET_ROUTE
        from .live import broadcast, layer_log, look_back

        checks.register()
        layer_log.install()
        extensions.on_tick(broadcast.publish, broadcast.listen, broadcast.show, look_back.look_back)
        extensions.on_stop(broadcast.publish)
        extensions.add_internal_endpoints(SOCKET_ROUTE)
