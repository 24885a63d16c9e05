"""The columns of a connection in the API: which database columns they need, and how they are computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model

from lifecycle.verdict.causes import is_abnormal

#: Columns as they are in the table.
STORED = (
    "id", "endpoint", "path", "process_id", "user_id", "client_ip", "user_agent", "origin", "subprotocol",
    "state", "opened_at", "accepted_at", "closed_at", "close_code", "close_reason", "sent_code", "sent_reason",
    "initiator", "cause", "exact", "exception", "messages_in", "messages_out", "bytes_in", "bytes_out",
    "last_received_at", "last_sent_at", "tab_id", "previous_id", "client_close_code", "client_was_clean",
    "client_offline_ms", "rtt_ms", "application_ended_at",
)  # fmt: skip
#: Columns of the process.
OF_PROCESS = ("process__host", "process__pid", "process__release")
READ = (*STORED, *OF_PROCESS)
#: Computed columns, each after the stored column that it belongs to.
COMPUTED_AFTER = {
    "process_id": ("process", "release"),
    "user_id": ("user",),
    "closed_at": ("duration_s",),
    "cause": ("abnormal",),
}
NAMES = tuple(name for stored in STORED for name in (stored, *COMPUTED_AFTER.get(stored, ())))
Row = dict[str, Any]


def finished(rows: list[Row]) -> Iterator[Row]:
    """Yield rows with all columns in the order of ``NAMES``, from rows with the columns of ``READ``."""
    users = user_names({row["user_id"] for row in rows} - {None})
    for row in rows:
        host, pid = row["process__host"], row["process__pid"]
        computed = {
            "process": None if host is None else f"{host}:{pid}",
            "release": row["process__release"],
            "user": users.get(row["user_id"]),
            # Of one type, whatever the key of the project's user model is.
            "user_id": None if row["user_id"] is None else str(row["user_id"]),
            "duration_s": seconds(row["accepted_at"], row["closed_at"]),
            "abnormal": is_abnormal(row["cause"]) if row["cause"] else None,
        }
        row.update(computed)
        yield {name: row[name] for name in NAMES}


def seconds(accepted: datetime | None, closed: datetime | None) -> float | None:
    """Return how long a connection was open; ``None`` if it is still open or was never accepted."""
    return (closed - accepted).total_seconds() if accepted and closed else None


def user_names(keys: Iterable[Any]) -> dict[Any, str]:
    """Return the names of users by key. They are read separately, because they may be in another database."""
    wanted = list(keys)
    if not wanted:
        return {}
    model: Any = get_user_model()
    return dict(model._default_manager.filter(pk__in=wanted).values_list("pk", model.USERNAME_FIELD))
