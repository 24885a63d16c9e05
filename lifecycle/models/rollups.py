"""The tables of rollups: counts per minute, hour and day, which are kept after the rows are pruned.

``step`` is the length of a period in seconds: 60, 3600 or 86400. ``start`` is the Unix time at which the period
starts; it is a multiple of ``step``. Connections of the monitor itself are not counted.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Period(models.Model):
    """The columns of every rollup: the period."""

    step = models.PositiveIntegerField(_("length in seconds"))
    start = models.BigIntegerField(_("start"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """Return the start and the length of the period."""
        return f"{self.start}+{self.step}"


class Measured(Period):
    """The counts of a period.

    ``rise`` is the largest increase of the number of open connections since the start of the period, at the end of
    any second. A histogram is a text of ``bucket:count`` pairs; ``lifecycle.history.buckets`` has the edges.
    """

    opened = models.PositiveIntegerField(_("accepted"), default=0)
    closed = models.PositiveIntegerField(_("ended after they were accepted"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    replaced = models.PositiveIntegerField(_("accepted as a replacement of another connection"), default=0)
    rise = models.PositiveIntegerField(_("largest increase of open connections"), default=0)
    durations = models.TextField(_("durations"), default="")
    silences = models.TextField(_("silence before the end"), default="")
    handshakes = models.TextField(_("durations of handshakes"), default="")

    class Meta:
        abstract = True


class Rollup(Measured):
    """The counts of all connections in a period."""

    pk = models.CompositePrimaryKey("step", "start")

    class Meta:
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")


class EndpointRollup(Measured):
    """The counts of an endpoint in a period."""

    pk = models.CompositePrimaryKey("step", "start", "endpoint")
    endpoint = models.CharField(_("endpoint"), max_length=255)

    class Meta:
        verbose_name = _("rollup of an endpoint")
        verbose_name_plural = _("rollups of endpoints")


class ProcessRollup(Measured):
    """The counts of a server process in a period; a connection without a process has the UUID of zeros."""

    pk = models.CompositePrimaryKey("step", "start", "process_id")
    process_id = models.UUIDField(_("process"))

    class Meta:
        verbose_name = _("rollup of a process")
        verbose_name_plural = _("rollups of processes")


class Ends(Period):
    """The number of connections that ended in a period, by cause, close code and state.

    ``code`` is the close code on the wire. For refused handshakes, it is the code with which the application
    refused. A missing code is -1.
    """

    pk = models.CompositePrimaryKey("step", "start", "cause", "code", "state")
    cause = models.CharField(_("cause"), max_length=20)
    code = models.IntegerField(_("close code"))
    state = models.CharField(_("state"), max_length=8)
    count = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("rollup of ends")
        verbose_name_plural = _("rollups of ends")


class EndpointEnds(Period):
    """The number of connections of an endpoint that ended in a period, by cause."""

    pk = models.CompositePrimaryKey("step", "start", "endpoint", "cause")
    endpoint = models.CharField(_("endpoint"), max_length=255)
    cause = models.CharField(_("cause"), max_length=20)
    count = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("rollup of an endpoint's ends")
        verbose_name_plural = _("rollups of endpoints' ends")


class ChangedMinute(models.Model):
    """A minute whose rows have changed since its rollups were computed.

    Each writer marks a minute in a row of its own, so writers never wait for each other. Each mark of a writer
    changes ``stamp``. So a mark that was renewed while the rollups were computed is not removed.
    """

    pk = models.CompositePrimaryKey("start", "writer")
    start = models.BigIntegerField(_("start"))
    writer = models.UUIDField(_("writer"))
    stamp = models.UUIDField(_("stamp"))

    class Meta:
        verbose_name = _("changed minute")
        verbose_name_plural = _("changed minutes")

    def __str__(self) -> str:
        """Return the start of the minute."""
        return str(self.start)


class RollupProgress(models.Model):
    """How far the rollups and the pruning have come, in Unix time. The table has one row.

    Rollups exist from ``since`` to ``until``. Rows that ended before ``pruned_until`` may have been deleted; it is
    the start of an hour.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    since = models.BigIntegerField(_("since"))
    until = models.BigIntegerField(_("until"))
    pruned_until = models.BigIntegerField(_("pruned until"), default=0)

    class Meta:
        verbose_name = _("progress of the rollups")
        verbose_name_plural = _("progress of the rollups")

    def __str__(self) -> str:
        """Return both times."""
        return f"{self.since}..{self.until}"


class UnstoredRefusals(models.Model):
    """The number of handshakes that a process refused in a minute without writing a row for each of them."""

    id = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    process_id = models.UUIDField(_("process"))
    start = models.BigIntegerField(_("start of the minute"), db_index=True)
    endpoint = models.CharField(_("endpoint"), max_length=255)
    cause = models.CharField(_("cause"), max_length=20)
    count = models.PositiveIntegerField(_("number"))

    class Meta:
        verbose_name = _("refused handshakes without rows")
        verbose_name_plural = _("refused handshakes without rows")

    def __str__(self) -> str:
        """Return the endpoint and the number."""
        return f"{self.endpoint}: {self.count}"
