"""The tables of connections and of the reports of client pages."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from lifecycle.models.processes import ServerProcess
from lifecycle.verdict.causes import Cause, Initiator


class Connection(models.Model):
    """One WebSocket connection, accepted or refused, from its handshake to its end."""

    class State(models.TextChoices):
        """Whether a connection is open, ended after it was accepted, or ended without being accepted."""

        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        REJECTED = "rejected", _("rejected")

    id = models.UUIDField(_("id"), primary_key=True, editable=False)
    endpoint = models.CharField(_("endpoint"), max_length=255)
    path = models.CharField(_("path"), max_length=512)
    # No database constraint: a row outlives its process and user, and may be written before its process's row.
    process = models.ForeignKey(
        ServerProcess,
        models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="connections",
        verbose_name=_("process"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="+",
        verbose_name=_("user"),
    )
    client_ip = models.GenericIPAddressField(_("client address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=256, blank=True)
    origin = models.CharField(_("origin"), max_length=256, blank=True)
    subprotocol = models.CharField(_("subprotocol"), max_length=128, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)

    opened_at = models.DateTimeField(_("handshake"))
    accepted_at = models.DateTimeField(_("accepted"), null=True)
    closed_at = models.DateTimeField(_("ended"), null=True)

    close_code = models.PositiveSmallIntegerField(_("close code"), null=True)
    close_reason = models.CharField(_("close reason"), max_length=255, blank=True)
    sent_code = models.IntegerField(_("code the application sent"), null=True)
    sent_reason = models.CharField(_("reason the application sent"), max_length=255, null=True)  # noqa: DJ001 - null: none sent
    initiator = models.CharField(
        _("ended by"),
        max_length=8,
        choices=[(initiator.value, initiator.value) for initiator in Initiator],
        blank=True,
    )
    cause = models.CharField(
        _("cause"), max_length=20, choices=[(cause.value, cause.value) for cause in Cause], blank=True
    )
    exact = models.BooleanField(_("end is exact"), default=True)

    messages_in = models.PositiveBigIntegerField(_("messages received"), default=0)
    messages_out = models.PositiveBigIntegerField(_("messages sent"), default=0)
    bytes_in = models.PositiveBigIntegerField(_("bytes received"), default=0)
    bytes_out = models.PositiveBigIntegerField(_("bytes sent"), default=0)
    last_received_at = models.DateTimeField(_("last received"), null=True)
    last_sent_at = models.DateTimeField(_("last sent"), null=True)

    tab_id = models.CharField(_("tab"), max_length=64, blank=True)
    previous_id = models.UUIDField(_("replaces"), null=True)
    client_close_code = models.PositiveSmallIntegerField(_("code the client saw"), null=True)
    client_was_clean = models.BooleanField(_("clean close for the client"), null=True)
    client_offline_ms = models.PositiveBigIntegerField(_("client offline (ms)"), null=True)
    rtt_ms = models.FloatField(_("round trip (ms)"), null=True)
    application_ended_at = models.DateTimeField(_("application ended before the connection"), null=True)
    # Null, because SQLite copies the whole table to add a column with a default. Nothing fills it yet.
    exception = models.CharField(_("exception"), max_length=200, null=True)  # noqa: DJ001

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        indexes = (
            models.Index(fields=("opened_at",), name="lifecycle_opened_at"),
            models.Index(fields=("closed_at", "cause", "close_code"), name="lifecycle_closed"),
            models.Index(fields=("state", "endpoint"), name="lifecycle_state"),
            models.Index(fields=("process", "state"), name="lifecycle_process"),
            models.Index(fields=("accepted_at",), name="lifecycle_accepted"),
            models.Index(fields=("tab_id",), name="lifecycle_tab"),
            models.Index(fields=("user", "opened_at"), name="lifecycle_user_opened"),
            models.Index(fields=("client_ip", "opened_at"), name="lifecycle_ip_opened"),
            models.Index(fields=("process", "opened_at"), name="lifecycle_process_opened"),
        )

    def __str__(self) -> str:
        """Return the endpoint and the random last part of the ID."""
        return f"{self.endpoint} {str(self.id)[-12:]}"

    @property
    def duration(self) -> timedelta | None:
        """Return how long the connection was open; ``None`` if it is still open or was never accepted."""
        return self.closed_at - self.accepted_at if self.closed_at and self.accepted_at else None


class ClientReport(models.Model):
    """A report of a client page: its ``hello`` or a change of its status."""

    id = models.UUIDField(_("id"), primary_key=True, editable=False)
    connection = models.ForeignKey(
        Connection,
        models.DO_NOTHING,
        db_constraint=False,
        related_name="reports",
        verbose_name=_("connection"),
    )
    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=8)
    page = models.CharField(_("page"), max_length=512, blank=True)
    state = models.CharField(_("state"), max_length=32, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    previous_id = models.UUIDField(_("previous connection"), null=True)
    previous_code = models.PositiveSmallIntegerField(_("code the client saw"), null=True)
    previous_reason = models.CharField(_("reason the client saw"), max_length=255, blank=True)
    previous_clean = models.BooleanField(_("clean close for the client"), null=True)
    offline_ms = models.PositiveBigIntegerField(_("offline (ms)"), null=True)

    class Meta:
        verbose_name = _("client report")
        verbose_name_plural = _("client reports")
        ordering = ("at",)

    def __str__(self) -> str:
        """Return the kind of report and the status, if any."""
        return f"{self.kind} {self.state}".strip()
