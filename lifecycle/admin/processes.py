"""The admin pages of server processes."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lifecycle import conf
from lifecycle.admin.base import RecordAdmin, to_the_second
from lifecycle.durations import age, in_words
from lifecycle.models import ServerProcess


@admin.register(ServerProcess)
class ServerProcessAdmin(RecordAdmin):
    """Server processes, newest first."""

    change_form_template = "lifecycle/admin/process.html"
    list_display = ("name", "state", "started", "lasted", "heard", "server", "release")
    list_filter = ("end", "started_at")
    ordering = ("-started_at",)
    sortable_by = ("started",)
    search_fields = ("host__icontains", "release__icontains", "pid__exact")
    search_help_text = _("Host, process ID or release.")

    @admin.display(description=_("process"))
    def name(self, process: ServerProcess) -> str:
        """Return the host and the process ID."""
        return str(process)

    @admin.display(description=_("state"))
    def state(self, process: ServerProcess) -> str:
        """Return how the process ended. Until then, it is "running", or "silent" if its lease has expired."""
        lease = timedelta(seconds=conf.get("LEASE_SECONDS"))
        if not process.ended_at and process.heartbeat_at < timezone.now() - lease:
            return str(_("silent"))
        return process.get_end_display()

    @admin.display(description=_("started"), ordering="started_at")
    def started(self, process: ServerProcess) -> str:
        """Return the time of the start."""
        return to_the_second(process.started_at)

    @admin.display(description=_("last heartbeat"))
    def heard(self, process: ServerProcess) -> str:
        """Return the time since the last heartbeat; empty if the process has ended."""
        if process.ended_at:
            return ""
        ago = age((timezone.now() - process.heartbeat_at).total_seconds())
        return _("%(duration)s ago") % {"duration": ago}

    @admin.display(description=_("up for"))
    def lasted(self, process: ServerProcess) -> str:
        """Return the time from the start to the end of the process, or until now if it is running."""
        return in_words(((process.ended_at or timezone.now()) - process.started_at).total_seconds())
