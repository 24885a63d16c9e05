"""Describes the timeline of a connection in words, from rows that have already been fetched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lifecycle.durations import in_words
from lifecycle.models import ClientReport, Connection
from lifecycle.verdict.texts import cause_words, code_words, initiator_label


@dataclass(frozen=True, slots=True)
class Step:
    """One step in the life of a connection.

    ``at`` is ``None`` if the time is unknown. ``kind`` selects the style: ``handshake``, ``accept``, ``refused``,
    ``traffic``, ``report``, ``sent``, ``end``, ``open``, ``client`` or ``other``. ``connection_id`` is the ID of
    another connection that the step mentions.
    """

    at: datetime | None
    title: str
    detail: str = ""
    kind: str = "other"
    connection_id: UUID | None = None


def build(
    connection: Connection, reports: Iterable[ClientReport] = (), successor: Connection | None = None
) -> list[Step]:
    """Return the steps of a connection in order; ``successor`` is the connection that replaced this one."""
    timed = [*handshake(connection), *traffic(connection), *application_end(connection), *map(report, reports)]
    timed.sort(key=lambda step: step.at or connection.opened_at)
    return [*timed, *sent_close(connection), *end(connection), *client_side(connection), *replaced_by(successor)]


def handshake(connection: Connection) -> Iterator[Step]:
    """Yield a step for the handshake and, if the application accepted it, a step for the accept."""
    title = _("Handshake")
    if connection.client_ip:
        title = _("Handshake from %(address)s") % {"address": connection.client_ip}
    path = _("path %(path)s") % {"path": connection.path}
    origin = _("page from %(origin)s") % {"origin": connection.origin} if connection.origin else ""
    yield Step(connection.opened_at, title, joined(path, origin), "handshake")
    if connection.accepted_at:
        delay = in_words((connection.accepted_at - connection.opened_at).total_seconds())
        subprotocol = connection.subprotocol and _("subprotocol %(name)s") % {"name": connection.subprotocol}
        yield Step(
            connection.accepted_at, _("Accepted after %(duration)s") % {"duration": delay}, subprotocol, "accept"
        )


def traffic(connection: Connection) -> Iterator[Step]:
    """Yield the last message in each direction, with the number and size of all messages in that direction."""
    if connection.last_received_at:
        count = messages(connection.messages_in, connection.bytes_in)
        yield Step(connection.last_received_at, _("Last message from the client"), count, "traffic")
    if connection.last_sent_at:
        count = messages(connection.messages_out, connection.bytes_out)
        yield Step(connection.last_sent_at, _("Last message to the client"), count, "traffic")


def application_end(connection: Connection) -> Iterator[Step]:
    """Yield a step for the return of the application, if the server kept the connection open after it."""
    if connection.application_ended_at:
        title = _("The application returned without closing the connection")
        detail = _("the server kept it open, but nobody answered the client")
        yield Step(connection.application_ended_at, title, detail)


def messages(count: int, size: int) -> str:
    """Return a text with the number of messages and their total size; ``size`` is in bytes."""
    text = ngettext("%(count)d message", "%(count)d messages", count) % {"count": count}
    return joined(text, _("%(size)s of payload") % {"size": filesizeformat(size)})


def report(row: ClientReport) -> Step:
    """Return the step for a report of the client page."""
    if row.kind != "hello":
        return Step(
            row.at, _("The page reports: %(state)s") % {"state": row.state or row.kind}, row.note, "report"
        )
    page = _("page %(path)s") % {"path": row.page} if row.page else ""
    previous = ""
    if row.previous_id:
        previous = _("its previous connection ended: %(end)s") % {
            "end": seen(row.previous_code, row.previous_reason, row.previous_clean, row.offline_ms)
        }
    return Step(row.at, _("The page sends hello"), joined(page, previous, by="; "), "report", row.previous_id)


def sent_close(connection: Connection) -> Iterator[Step]:
    """Yield a step for the close code that the application sent, if there is one."""
    if connection.sent_code is None:
        return
    title = _("The application sends close %(code)s") % {
        "code": coded(connection.sent_code, connection.sent_reason)
    }
    detail = ""
    if connection.state == Connection.State.REJECTED:
        unseen = _("sent before the accept, so the client received HTTP 403 and no close code")
        detail = joined(code_meaning(connection.sent_code), unseen, by="; ")
    yield Step(None, title, detail, "sent")


def end(connection: Connection) -> Iterator[Step]:
    """Yield a step for the end of the connection or, if it has not ended, for its current state."""
    if connection.state == Connection.State.OPEN:
        title = _("Still open") if connection.accepted_at else _("Waiting for the application to accept")
        yield Step(None, title, "", "open")
        return
    estimate = "" if connection.exact else _("estimated: the end itself was not observed")
    if connection.state == Connection.State.REJECTED:
        label = cause_words(connection.cause).label
        yield Step(connection.closed_at, label[:1].upper() + label[1:], estimate, "refused")
        return
    yield Step(
        connection.closed_at,
        end_title(connection),
        joined(code_meaning(connection.close_code), estimate, by="; "),
        "end",
    )


def end_title(connection: Connection) -> str:
    """Return a title with the initiator and the close code of the end of an accepted connection."""
    code = "" if connection.close_code is None else coded(connection.close_code, connection.close_reason)
    titles = {
        "client": _("Closed by the client: %(code)s"),
        "server": _("Ended by the server: %(code)s"),
        "network": _("Lost: %(code)s"),
    }
    return titles.get(connection.initiator, _("Ended: %(code)s")) % {"code": code}


def code_meaning(code: int | None) -> str:
    """Return the name and meaning of a close code; empty if there is no code."""
    if code is None:
        return ""
    words = code_words(code)
    return words.name if words.meaning == words.name else f"{words.name}: {words.meaning.rstrip('.')}"


def client_side(connection: Connection) -> Iterator[Step]:
    """Yield a step for the end as the client saw it; the client reports it in its next ``hello``."""
    if connection.client_was_clean is None:
        return
    detail = seen(connection.client_close_code, "", connection.client_was_clean, connection.client_offline_ms)
    yield Step(None, _("How the client saw this end"), detail, "client")


def replaced_by(successor: Connection | None) -> Iterator[Step]:
    """Yield a step for the next connection of the same page, if there is one."""
    if successor is not None:
        yield Step(successor.opened_at, _("The same page connected again"), "", "other", successor.id)


def seen(code: int | None, reason: str, clean: bool | None, offline_ms: int | None) -> str:
    """Describe an end as the client saw it: the close code, whether it was clean, and the time offline."""
    cleanness = {True: _("clean"), False: _("not clean"), None: ""}[clean]
    offline = (
        "" if offline_ms is None else _("offline for %(duration)s") % {"duration": in_words(offline_ms / 1000)}
    )
    return joined("" if code is None else coded(code, reason), cleanness, offline)


def coded(code: int, reason: str | None) -> str:
    """Return a close code, followed by its reason in quotation marks if there is one."""
    return f"{code} \N{LEFT DOUBLE QUOTATION MARK}{reason}\N{RIGHT DOUBLE QUOTATION MARK}" if reason else str(code)


def joined(*parts: str, by: str = ", ") -> str:
    """Join the parts that are not empty."""
    return by.join(part for part in parts if part)


def lasted(connection: Connection, now: datetime) -> str:
    """Return how long a connection was open, or has been open at ``now``; empty if it was never accepted."""
    if connection.accepted_at is None:
        return ""
    span: timedelta = (connection.closed_at or now) - connection.accepted_at
    return in_words(span.total_seconds())


def ended_by(connection: Connection) -> str:
    """Return who ended a connection; empty while it is open."""
    return initiator_label(connection.initiator) if connection.initiator else ""
