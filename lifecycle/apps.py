"""The lifecycle app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LifecycleConfig(AppConfig):
    """Configures the app that records every WebSocket connection."""

    name = "lifecycle"
    verbose_name = _("WebSocket lifecycle")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and the hooks for shared metrics and for the upkeep of the history."""
        from lifecycle import checks
        from lifecycle.history import checks as history_checks
        from lifecycle.history import upkeep
        from lifecycle.installation import checks as installation_checks
        from lifecycle.metrics import readings
        from lifecycle.server import extensions

        checks.register()
        history_checks.register()
        installation_checks.register()
        extensions.on_tick(readings.share)
        extensions.on_upkeep(upkeep.keep_up)
