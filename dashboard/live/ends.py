"""Builds a row of the page's list of latest ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..contract import EndRow

#: The database columns that a row is built from.
COLUMNS = ("id", "endpoint", "state", "close_code", "cause", "initiator", "accepted_at", "closed_at")


def end_row(columns: Mapping[str, Any]) -> EndRow:
    """Return the row of a connection that ended; its ``columns`` come from an event or from the database."""
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
    """Return a Unix time in seconds. Events have times as numbers, and database rows have datetimes."""
    return at.timestamp() if isinstance(at, datetime) else at
