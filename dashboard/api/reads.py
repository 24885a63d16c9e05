"""The addresses that answer with JSON: the current picture, the history, and connections."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from lifecycle.history.windows import Window

from ..explorer import paging, values
from ..explorer.filters import BadFilter
from ..live import hub
from ..shared_reads import SharedReads
from . import schemas
from .data import detail, rows, series
from .errors import not_found
from .parameters import ConnectionFilters, HistoryParameters, PageParameters, pairs, refuse_unknown
from .responses import JSON, as_json, encode, revalidated

#: How long a page of connections searches, in seconds.
PAGE_SECONDS = 0.05
#: How long a picture is reused. The processes publish theirs once per second.
PICTURE_SECONDS = 0.5
REFUSALS = dict.fromkeys((400, 401, 403, 404, 405, 429, 500), schemas.Error)
router = Router(tags=["connections"])
histories = SharedReads()


@router.get("/live", response={200: schemas.Live, **REFUSALS}, operation_id="live", summary="Current picture")
def live(request: HttpRequest) -> HttpResponse:
    """Return the current picture of all processes, as the dashboard gets it."""
    refuse_unknown(request)
    # The event loop changes the picture, so it is built there.
    picture = async_to_sync(current_picture)()
    return HttpResponse(picture, content_type=JSON, headers={"Cache-Control": "private, no-store"})


class Shown:
    """The picture that was computed last, and its time on the monotonic clock."""

    at, picture = -math.inf, b""


async def current_picture() -> bytes:
    """Return the current picture as JSON; it costs the event loop some milliseconds, so pollers share it."""
    now = time.monotonic()
    if now - Shown.at >= PICTURE_SECONDS:
        feed = hub.current()
        picture = feed.live.picture(time.time(), feed.connected, feed.recent)
        Shown.at, Shown.picture = now, encode(picture)
    return Shown.picture


@router.get(
    "/history",
    response={200: schemas.History, **REFUSALS},
    by_alias=True,
    operation_id="history",
    summary="History",
)
def history(request: HttpRequest, parameters: Query[HistoryParameters]) -> HttpResponse:
    """Return the connections opened, closed, refused and open in each step of a window."""
    refuse_unknown(request, "since", "until", "by")
    window = asked_window(parameters, datetime.now(UTC))
    shared = histories.get((window, parameters.by), lambda: computed(window, parameters.by)).value
    return revalidated(request, shared, {**shared, "to": None})


def asked_window(parameters: HistoryParameters, now: datetime) -> Window:
    """Return the window of the parameters. Raises ``BadFilter``."""
    try:
        since, until = (values.moment(text, now) if text else now for text in (parameters.since, parameters.until))
        return Window.between(since.timestamp(), min(until, now).timestamp())
    except values.BadValue as error:
        raise BadFilter(_("“since” and “until” must each be %(accepted)s.") % {"accepted": error}) from error
    except ValueError as error:
        raise BadFilter(_("“since” must be before “until” and before now, by at most ten years.")) from error


def computed(window: Window, by: str) -> dict[str, Any]:
    """Return the history of a window."""
    now = time.time()
    return {
        "from": window.start,
        "to": min(now, window.end),
        "step_s": window.bucket,
        "times": window.times,
        "series": series.read(window, by, now),
    }


@router.get(
    "/connections",
    response={200: schemas.ConnectionPage, **REFUSALS},
    operation_id="connections",
    summary="Connections, newest first",
)
def connections(
    request: HttpRequest,
    filters: Query[ConnectionFilters],  # type: ignore[valid-type]
    page: Query[PageParameters],
) -> HttpResponse:
    """Return one page of the connections that meet all filters.

    `next` is the cursor of the next page. A deep page costs the same as the first one. If few rows match, a page
    stops after a limited time: then `reached` says how far it got, and `next` continues the search.
    """
    search = rows.search_for(pairs(request, "limit", "cursor"), datetime.now(UTC))
    start = paging.parse(page.cursor or "")
    if start and start.newer:
        raise BadFilter(_("The cursor is not valid: leave it out to start with the newest connection."))
    part = rows.read_part(search, start.place if start else None, page.limit, PAGE_SECONDS)
    following = str(paging.Cursor(part.older)) if part.older else None
    return as_json({"rows": part.rows, "next": following, "reached": part.reached})


@router.get(
    "/connections/{uuid:id}",
    response={200: schemas.ConnectionDetail, **REFUSALS},
    operation_id="connection",
    summary="One connection",
)
def connection(request: HttpRequest, id: UUID) -> HttpResponse:
    """Return a connection, its reports, its timeline, and the connections of the same page before and after it."""
    refuse_unknown(request)
    found = detail.read(id)
    if found is None:
        raise not_found(_("There is no connection with this ID: its row may have been pruned; see ROWS_DAYS."))
    return revalidated(request, found, found)
