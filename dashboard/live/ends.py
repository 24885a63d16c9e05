"""The row of one end, as the page lists it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..contract import EndRow

#: The columns of a connection that its row is built from.
COLUMNS = ("id", "endpoint", "state", "close_code", "cause", "initiator", "accepted_at", "closed_at")


def end_row(columns: Mapping[str, Any]) -> EndRow:
    """Return the row of an ended connection from its ``COLUMNS``, as an event or the database has them."""
    ended, accepted = seconds(columns["closed_at"]), columns["accepted_at"]
    return {
        "id": str(columns["id"]),
        "at": round(ended, 3),
        "endpoint": columns["endpoint"],
        "state": columns["state"],
        "code": columns["close_code"],
        "cause": columns["cause"],
        "initiator": columns["initiator"],
        "duration_s": None if accepted is None else round(ended - seconds(accepted), 3),
    }


def seconds(at: float | datetime) -> float:
    """Return a time in seconds since the epoch: events have numbers, the database has datetimes."""
    return at.timestamp() if isinstance(at, datetime) else at
