"""The exports: all connections that meet the filters, as CSV or as lines of JSON, sent while they are read."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from lifecycle.search.walk import Search

from .data import cells
from .data.columns import NAMES, Row
from .data.rows import read_part, search_for
from .errors import too_many
from .parameters import ConnectionFilters, pairs
from .reads import REFUSALS
from .streaming import streamed

#: Rows that are in memory at a time. A part of this size takes some milliseconds, so sockets hardly wait for it.
PART_ROWS = 500
#: How long one part searches, in seconds, if few rows match.
PART_SECONDS = 0.05
#: Exports at a time in each process, because they take time from its sockets.
AT_ONCE = 2
RETRY_SECONDS = 10
CSV, NDJSON = "text/csv; charset=utf-8", "application/x-ndjson"
router = Router(tags=["export"])
slots = threading.BoundedSemaphore(AT_ONCE)
Encoder = Callable[[list[Row]], bytes]


class Export(StreamingHttpResponse):
    """A response that holds a slot until it is closed or forgotten."""

    def __init__(self, content: Any, content_type: str, suffix: str) -> None:  # noqa: ANN401 - any iterator
        name = f"connections-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.{suffix}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            # nginx would collect the response otherwise.
            "X-Accel-Buffering": "no",
        }
        super().__init__(content, content_type=content_type, headers=headers)
        # Django does not close the response if the client leaves before the first byte.
        self.release = weakref.finalize(self, slots.release)

    def close(self) -> None:
        """Close the response and free its slot."""
        super().close()
        self.release()


def exported(request: HttpRequest, encoder: Encoder, content_type: str, suffix: str, first: bytes = b"") -> Export:
    """Return the export of the connections that the parameters of a request select. Raises ``ApiError``."""
    search = search_for(pairs(request), datetime.now(UTC))
    if not slots.acquire(blocking=False):
        detail = _("%(number)d exports are running: wait until one has ended, or read /connections in pages.")
        raise too_many(RETRY_SECONDS, detail % {"number": AT_ONCE})
    parts = encoded(search, encoder, first)
    # Under ASGI, Django would collect a synchronous iterator in memory before it sends anything.
    return Export(streamed(parts) if isinstance(request, ASGIRequest) else parts, content_type, suffix)


def encoded(search: Search, encoder: Encoder, first: bytes) -> Iterator[bytes]:
    """Yield the connections of a search in parts; a part may be empty, if no row matched in its time."""
    if first:
        yield first
    place = None
    while True:
        part = read_part(search, place, PART_ROWS, PART_SECONDS)
        yield encoder(part.rows)
        if part.older is None:
            return
        place = part.older


def as_csv(rows: list[Row]) -> bytes:
    """Return rows as lines of CSV."""
    return cells.lines(row.values() for row in rows)


def as_ndjson(rows: list[Row]) -> bytes:
    """Return rows as JSON objects, one per line."""
    option = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
    return b"".join(orjson.dumps(row, option=option) for row in rows)


def documented(content_type: str) -> dict[str, Any]:
    """Return the part of the OpenAPI schema that describes the content of an export."""
    content = {content_type.partition(";")[0]: {"schema": {"type": "string"}}}
    return {"responses": {200: {"description": "All rows, newest first", "content": content}}}


@router.get(
    "/connections.csv",
    response={200: None, **REFUSALS},
    operation_id="connections_csv",
    summary="Connections as CSV",
    openapi_extra=documented(CSV),
)
def connections_csv(request: HttpRequest, filters: Query[ConnectionFilters]) -> Export:  # type: ignore[valid-type]
    """Stream all connections that meet the filters. An apostrophe defuses what a spreadsheet would execute."""
    return exported(request, as_csv, CSV, "csv", first=cells.lines([NAMES]))


@router.get(
    "/connections.ndjson",
    response={200: None, **REFUSALS},
    operation_id="connections_ndjson",
    summary="Connections as lines of JSON",
    openapi_extra=documented(NDJSON),
)
def connections_ndjson(request: HttpRequest, filters: Query[ConnectionFilters]) -> Export:  # type: ignore[valid-type]
    """Stream all connections that meet the filters, one JSON object per line."""
    return exported(request, as_ndjson, NDJSON, "ndjson")
