"""The window of time that an address asks for: a range such as ``24h``, or ``from`` and ``to``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from lifecycle.history.windows import RANGES, Window

from .explorer import values

DEFAULT_RANGE = "15m"


def asked_window(query: Mapping[str, str], now: float) -> tuple[str, Window]:
    """Return the name of the range, or an empty text, and the window.

    ``from`` and ``to`` have the forms of ``since`` in the explorer. Raises ``ValueError`` with a sentence for the
    user.
    """
    if "from" in query or "to" in query:
        start = moment(query.get("from", ""), "from", now)
        end = moment(query["to"], "to", now) if "to" in query else now
        return "", Window.between(start, min(end, now))
    name = query.get("range", DEFAULT_RANGE)
    if name not in RANGES:
        raise ValueError(f"range must be one of {', '.join(RANGES)}")
    return name, Window.of(name, now)


def moment(text: str, name: str, now: float) -> float:
    """Return the Unix time in a text; raises ``ValueError`` if it has another form."""
    try:
        return values.moment(text, datetime.fromtimestamp(now, UTC)).timestamp()
    except values.BadValue as error:
        raise ValueError(f"{name} must be {error}") from error
