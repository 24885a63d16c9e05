"""The columns of the explorer's table, and the cells of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lifecycle.durations import in_words
from lifecycle.models import Connection
from lifecycle.text import visible
from lifecycle.verdict.causes import is_abnormal
from lifecycle.verdict.texts import cause_words, code_words, initiator_label

from . import families
from .filters import BadFilter
from .labels import family_label


@dataclass(frozen=True, slots=True)
class Cell:
    """The contents of a cell. ``moment`` is a time in ISO 8601, of which the text is one form."""

    text: str = ""
    title: str = ""
    moment: str = ""
    href: str = ""
    cause: str = ""
    abnormal: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``cell`` returns its cell for a connection at a time."""

    name: str
    label: str | Promise
    cell: Callable[[Connection, datetime], Cell]
    is_default: bool = False
    is_number: bool = False


def time_cell(at: datetime | None) -> Cell:
    """Return a cell with a time in the current time zone, and with the time in UTC as its title."""
    if at is None:
        return Cell()
    iso = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Cell(f"{timezone.localtime(at):%Y-%m-%d %H:%M:%S}", f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC", iso)


def opened(row: Connection, now: datetime) -> Cell:
    """Return the time of the handshake, which links to the page of the connection."""
    cell = time_cell(row.opened_at)
    return Cell(cell.text, cell.title, cell.moment, reverse("admin:lifecycle_connection_change", args=[row.pk]))


def cause(row: Connection, now: datetime) -> Cell:
    """Return the label of the cause."""
    if not row.cause:
        return Cell()
    words = cause_words(row.cause)
    return Cell(words.label, words.meaning, cause=row.cause, abnormal=is_abnormal(row.cause))


def code(row: Connection, now: datetime) -> Cell:
    """Return the close code, or the code with which the application refused."""
    known = row.sent_code if row.close_code is None and row.state == row.State.REJECTED else row.close_code
    return Cell() if known is None else Cell(str(known), code_words(known).name)


def lasted(row: Connection, now: datetime) -> Cell:
    """Return the time from the accept to the end, or until now; empty if it was never accepted."""
    if row.accepted_at is None:
        return Cell()
    return Cell(in_words(((row.closed_at or now) - row.accepted_at).total_seconds()))


def user(row: Connection, now: datetime) -> Cell:
    """Return the name of the user; of a deleted user, the ID."""
    return Cell() if row.user_id is None else Cell(visible(str(row.user or f"#{row.user_id}")))


def process(row: Connection, now: datetime) -> Cell:
    """Return the host and the process ID; of an unknown process, the ID."""
    return Cell(str(row.process or row.process_id or ""))


def family(known: tuple[families.Family, ...]) -> Callable[[Connection, datetime], Cell]:
    """Return a function for the cell of a family of user agents, with the user agent as its title."""

    def cell(row: Connection, now: datetime) -> Cell:
        return Cell(family_label(families.family_of(row.user_agent, known)), visible(row.user_agent))

    return cell


def text(read: Callable[[Connection], Any]) -> Callable[[Connection, datetime], Cell]:
    """Return a function for a cell with a text, which may be chosen by a client."""

    def cell(row: Connection, now: datetime) -> Cell:
        value = read(row)
        return Cell("" if value is None else visible(str(value)))

    return cell


def size(read: Callable[[Connection], int]) -> Callable[[Connection, datetime], Cell]:
    """Return a function for a cell with a number of bytes."""
    return lambda row, now: Cell(filesizeformat(read(row)), f"{read(row)} B")


_t = gettext_lazy
COLUMNS = (
    Column("opened", _t("Handshake"), opened, is_default=True),
    Column("endpoint", _t("Endpoint"), text(lambda row: row.endpoint), is_default=True),
    Column("state", _t("State"), text(lambda row: row.get_state_display()), is_default=True),
    Column("cause", _t("Cause"), cause, is_default=True),
    Column("code", _t("Code"), code, is_default=True),
    Column("initiator", _t("Ended by"), text(lambda row: row.initiator and initiator_label(row.initiator))),
    Column("lasted", _t("Open for"), lasted, is_default=True, is_number=True),
    Column("user", _t("User"), user, is_default=True),
    Column("ip", _t("Address"), text(lambda row: row.client_ip), is_default=True),
    Column("process", _t("Process"), process),
    Column("release", _t("Release"), text(lambda row: row.process.release if row.process else "")),
    Column("browser", _t("Browser"), family(families.BROWSERS)),
    Column("os", _t("System"), family(families.SYSTEMS)),
    Column("path", _t("Path"), text(lambda row: row.path)),
    Column("reason", _t("Reason"), text(lambda row: row.close_reason or row.sent_reason)),
    Column("exception", _t("Exception"), text(lambda row: row.exception)),
    Column("accepted", _t("Accepted"), lambda row, now: time_cell(row.accepted_at)),
    Column("ended", _t("Ended"), lambda row, now: time_cell(row.closed_at)),
    Column("messages_in", _t("Messages in"), text(lambda row: row.messages_in), is_number=True),
    Column("messages_out", _t("Messages out"), text(lambda row: row.messages_out), is_number=True),
    Column("bytes_in", _t("Bytes in"), size(lambda row: row.bytes_in), is_number=True),
    Column("bytes_out", _t("Bytes out"), size(lambda row: row.bytes_out), is_number=True),
    Column("subprotocol", _t("Subprotocol"), text(lambda row: row.subprotocol)),
    Column("origin", _t("Origin"), text(lambda row: row.origin)),
    Column("tab", _t("Tab"), text(lambda row: row.tab_id)),
    Column("id", _t("ID"), text(lambda row: UUID(str(row.pk)))),
)
BY_NAME = {column.name: column for column in COLUMNS}
DEFAULT = tuple(column for column in COLUMNS if column.is_default)


def chosen(names: Iterable[str]) -> tuple[Column, ...]:
    """Return the columns of these names, in the usual order; without names, the default. Raises ``BadFilter``."""
    wanted = set(names)
    if strange := wanted - BY_NAME.keys():
        sentence = _("There is no column “%(name)s”: use %(names)s.")
        shown = visible(min(strange)[:40])
        raise BadFilter(sentence % {"name": shown, "names": ", ".join(BY_NAME)})
    return tuple(column for column in COLUMNS if column.name in wanted) or DEFAULT


def cells(row: Connection, columns: Iterable[Column], now: datetime) -> list[dict[str, Any]]:
    """Return the cells of a row as plain data."""
    return [asdict(column.cell(row, now)) | {"is_number": column.is_number} for column in columns]
