"""The live page, which is displayed inside the admin, and the history that its scripts request."""

from __future__ import annotations

import time
from uuid import UUID

from django.contrib import admin
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lifecycle.csp import strict_csp
from lifecycle.installation.socket_address import socket_path
from lifecycle.verdict.texts import vocabulary

from . import history as reads
from .gates import gated_page, gated_read
from .live.consumer import DashboardConsumer
from .routing import websocket_urlpatterns
from .texts import words
from .windows import RANGES

#: For how many seconds the history of a range is cached, for all viewers together.
SHARED_SECONDS = 1.5


@strict_csp
@never_cache
@require_safe
@gated_page
def page(request: HttpRequest) -> HttpResponse:
    """Render the live page without numbers. The numbers arrive over the socket."""
    context = {
        **admin.site.each_context(request),
        "title": _("WebSocket connections"),
        "socket_path": socket_path(DashboardConsumer, websocket_urlpatterns),
        "history_url": reverse("lifecycle_dashboard:history"),
        "connection_url": reverse("admin:lifecycle_connection_change", args=[UUID(int=0)]),
        "ranges": [("15m", _("15 min")), ("1h", _("1 h")), ("6h", _("6 h")), ("24h", _("24 h"))],
        "vocabulary": vocabulary(),
        "words": words(),
    }
    return render(request, "lifecycle_dashboard/page.html", context)


@never_cache
@require_safe
@gated_read
def history(request: HttpRequest) -> HttpResponse:
    """Return the history of a range as JSON; answer with 400 if the range is unknown."""
    name = request.GET.get("range", "15m")
    if name not in RANGES:
        return JsonResponse({"error": f"range must be one of {', '.join(RANGES)}"}, status=400)
    key = f"lifecycle.history.{name}"
    return JsonResponse(cache.get_or_set(key, lambda: reads.read(name, time.time()), SHARED_SECONDS))
