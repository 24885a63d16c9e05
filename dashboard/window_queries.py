"""The window of time that an address asks for: a range such as ``24h``, or ``from`` and ``to``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from lifecycle.history.windows import RANGES, Window

DEFAULT_RANGE = "15m"


def asked_window(query: Mapping[str, str], now: float) -> tuple[str, Window]:
    """Return the name of the range, or an empty text, and the window.

    ``from`` and ``to`` are Unix times or ISO 8601 (UTC, if they have no offset). Raises ``ValueError`` with a
    sentence for the user.
    """
    if "from" in query or "to" in query:
        start, end = moment(query.get("from", ""), "from"), moment(query.get("to", str(now)), "to")
        return "", Window.between(start, min(end, now))
    name = query.get("range", DEFAULT_RANGE)
    if name not in RANGES:
        raise ValueError(f"range must be one of {', '.join(RANGES)}")
    return name, Window.of(name, now)


def moment(text: str, name: str) -> float:
    """Return the Unix time in a text; raises ``ValueError`` if it has another form."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name} must be a Unix time or a time such as 2026-11-21T14:00:00Z") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
