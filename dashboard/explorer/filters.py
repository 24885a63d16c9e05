"""The filters of connections: from query parameters to one structure, and back.

The explorer, the API and the export have the same filters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from lifecycle.models import Connection
from lifecycle.verdict.causes import Cause, Initiator

from . import families, values


class BadFilter(ValueError):
    """A filter is unknown or malformed; the text is a sentence that names the remedy. The HTTP status is 400."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for. ``None`` means that a filter is not set.

    ``since`` and ``until`` are texts as they were asked for, so that ``15m`` stays relative to now.
    ``until`` itself is excluded. The durations are seconds.
    """

    since: str | None = None
    until: str | None = None
    state: str | None = None
    endpoint: str | None = None
    cause: str | None = None
    abnormal: bool | None = None
    code: str | None = None
    initiator: str | None = None
    process: str | None = None
    release: str | None = None
    user: str | None = None
    ip: str | None = None
    browser: str | None = None
    os: str | None = None
    tab: str | None = None
    exception: str | None = None
    min_duration: float | None = None
    max_duration: float | None = None
    q: str | None = None

    def pairs(self) -> list[tuple[str, str]]:
        """Return the filters that are set, as parameters of an address."""
        return [(name, written(value)) for name in NAMES if (value := getattr(self, name)) is not None]

    def query(self, **others: str) -> str:
        """Return the filters that are set as a query string, with other parameters after them."""
        return urlencode([*self.pairs(), *others.items()])

    def without(self, name: str) -> Self:
        """Return the filters without one of them."""
        return replace(self, **{name: None})

    def times(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the start and the end of the window; ``None`` if it is open."""
        since, until = (values.moment(text, now) if text else None for text in (self.since, self.until))
        return since, until


NAMES = tuple(field.name for field in fields(Filters))
STATES, INITIATORS = tuple(Connection.State.values), tuple(Initiator)
PARSERS: dict[str, Callable[[str], Any]] = {
    "state": values.one_of(STATES),
    "endpoint": values.short(255),
    "cause": values.one_of(Cause),
    "abnormal": values.flag,
    "code": values.code,
    "initiator": values.one_of(INITIATORS),
    "process": values.process,
    "release": values.short(128),
    "user": values.short(254),
    "ip": values.place,
    "browser": values.one_of(families.names(families.BROWSERS)),
    "os": values.one_of(families.names(families.SYSTEMS)),
    "tab": values.short(64),
    "exception": values.short(200),
    "min_duration": values.seconds,
    "max_duration": values.seconds,
    "q": values.short(200),
}


def parse(parameters: Iterable[tuple[str, str]], now: datetime) -> Filters:
    """Return the filters of an address; a filter without a value is not set. Raises ``BadFilter``."""
    given: dict[str, Any] = {}
    for name, text in parameters:
        text = text.strip()
        if name not in NAMES:
            raise BadFilter(unknown(name))
        if not text:
            continue
        if name in given:
            raise BadFilter(_("The filter “%(name)s” is given twice: give it once.") % {"name": name})
        given[name] = value_of(name, text, now)
    found = Filters(**given)
    check(found, now)
    return found


def value_of(name: str, text: str, now: datetime) -> Any:  # noqa: ANN401 - each filter has its own type
    """Return the value of one filter. Raises ``BadFilter``."""
    try:
        if name in ("since", "until"):
            values.moment(text, now)
            return text
        return PARSERS[name](text)
    except values.BadValue as error:
        shown = text[:80] if text.isprintable() else text[:80].encode("unicode_escape").decode()
        sentence = _("The filter “%(name)s” does not accept “%(text)s”: give %(accepted)s.")
        raise BadFilter(sentence % {"name": name, "text": shown, "accepted": error}) from error


def check(filters: Filters, now: datetime) -> None:
    """Raise ``BadFilter`` if no connection can match because two filters contradict each other."""
    since, until = filters.times(now)
    if since and until and since >= until:
        raise BadFilter(_("“since” is not before “until”: give an earlier “since” or a later “until”."))
    low, high = filters.min_duration, filters.max_duration
    if low is not None and high is not None and low > high:
        raise BadFilter(_("“min_duration” is above “max_duration”: exchange them."))


def unknown(name: str) -> str:
    """Return the sentence for a filter that does not exist."""
    shown = name[:40] if name.isprintable() else name[:40].encode("unicode_escape").decode()
    return _("There is no filter “%(name)s”: use %(names)s.") % {"name": shown, "names": ", ".join(NAMES)}


def written(value: object) -> str:
    """Return the value of a filter as it stands in an address."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
