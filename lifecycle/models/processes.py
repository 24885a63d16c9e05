"""The tables of server processes and of leases."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class ServerProcess(models.Model):
    """One ASGI server process, and its last heartbeat."""

    class End(models.TextChoices):
        """How a process ended."""

        RUNNING = "", _("running")
        STOPPED = "stopped", _("stopped cleanly")
        LOST = "lost", _("lost")

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    host = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    server = models.CharField(_("server software"), max_length=64, blank=True)
    release = models.CharField(_("release"), max_length=128, blank=True)
    started_at = models.DateTimeField(_("started"), db_index=True)
    heartbeat_at = models.DateTimeField(_("last heartbeat"), db_index=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, db_index=True)
    end = models.CharField(_("end"), max_length=8, choices=End, blank=True, default=End.RUNNING)
    has_estimates = models.BooleanField(_("has estimated ends"), default=False, db_default=False)

    class Meta:
        verbose_name = _("server process")
        verbose_name_plural = _("server processes")
        ordering = ("-started_at",)

    def __str__(self) -> str:
        """Return the host and the process ID."""
        return f"{self.host}:{self.pid}"


class Lease(models.Model):
    """The exclusive right of one server process to do a task, until a point in time."""

    name = models.CharField(_("name"), max_length=32, primary_key=True)
    holder = models.UUIDField(_("holder"))
    until = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("lease")
        verbose_name_plural = _("leases")

    def __str__(self) -> str:
        """Return the name of the task."""
        return self.name
