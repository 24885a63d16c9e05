"""The parameters of the addresses, for the OpenAPI schema. ``dashboard.explorer`` checks their values."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Field, Schema
from pydantic import create_model

from ..explorer import families, filters
from .errors import ApiError

TIME = "ISO 8601, epoch seconds, or a span before now: 15m, 6h, 7d."
DURATION = "Seconds, or with a unit: 250ms, 1.5s, 15m, 2h, 7d."
DESCRIPTIONS = {
    "since": f"Handshakes from this time on. {TIME}",
    "until": f"Handshakes before this time. {TIME}",
    "state": f"One of: {', '.join(filters.STATES)}.",
    "endpoint": "The route as written, such as ws/chat/<str:room>/.",
    "cause": "Why the connection ended.",
    "abnormal": "yes or no.",
    "code": "A close code, or none.",
    "initiator": f"One of: {', '.join(filters.INITIATORS)}.",
    "process": "The ID of a process, or its host and process ID: web-1:4242.",
    "release": "The release of the process.",
    "user": "The ID or the name of a user.",
    "ip": "An address or a network.",
    "browser": f"One of: {', '.join(families.names(families.BROWSERS))}.",
    "os": f"One of: {', '.join(families.names(families.SYSTEMS))}.",
    "tab": "The tab of a client page.",
    "exception": "The class that the application raised, with or without its module.",
    "min_duration": DURATION,
    "max_duration": DURATION,
    "q": "An ID or its beginning, an address, a user, a tab, or a part of the path or endpoint.",
}
By = Literal["endpoint", "cause", "code", "process", "release"]
LIMIT, MOST = 100, 1000

optional: dict[str, Any] = {
    name: (str | None, Field(None, description=DESCRIPTIONS.get(name, name))) for name in filters.NAMES
}
#: All filters. Their values are texts here; ``explorer.filters`` parses them and explains what it refuses.
ConnectionFilters = create_model("ConnectionFilters", __base__=Schema, **optional)


class PageParameters(Schema):
    """The size of a page, and where it begins."""

    limit: int = Field(LIMIT, ge=1, le=MOST, description="The number of rows on a page.")
    cursor: str | None = Field(None, description="`next` of the page before.")


class HistoryParameters(Schema):
    """The window, and what the numbers are grouped by."""

    since: str = Field("1h", description=TIME)
    until: str | None = Field(None, description=TIME)
    by: By = Field("endpoint", description="What the connections are grouped by.")


def pairs(request: HttpRequest, *others: str) -> list[tuple[str, str]]:
    """Return the parameters without ``others``; raises ``ApiError`` if one of these is given twice."""
    for name in others:
        if len(request.GET.getlist(name)) > 1:
            raise ApiError(400, _("“%(name)s” is given twice: give it once.") % {"name": name})
    return [(name, text) for name, texts in request.GET.lists() if name not in others for text in texts]


def refuse_unknown(request: HttpRequest, *known: str) -> None:
    """Raise ``ApiError`` if the address has a parameter that is not known, or one of them twice."""
    for name, texts in request.GET.lists():
        if name not in known or len(texts) > 1:
            detail = _("“%(name)s” is unknown, or given twice. This address accepts, once each: %(known)s.")
            raise ApiError(400, detail % {"name": name[:40], "known": ", ".join(known) or _("nothing")})
