"""The live page, which is displayed inside the admin, and the history that its scripts request."""

from __future__ import annotations

import time
from uuid import UUID

from django.contrib import admin
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
from .shared_reads import history_reads
from .texts import words
from .window_queries import asked_window


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
        "ranges": [
            ("15m", _("15 min")),
            ("1h", _("1 h")),
            ("6h", _("6 h")),
            ("24h", _("24 h")),
            ("7d", _("7 d")),
            ("30d", _("30 d")),
            ("90d", _("90 d")),
        ],
        "distributions": [
            ("durations", _("How long connections lasted")),
            ("silences", _("How long they were silent before the end")),
            ("handshakes", _("How long handshakes took until the accept")),
        ],
        "vocabulary": vocabulary(),
        "words": words(),
    }
    return render(request, "lifecycle_dashboard/page.html", context)


@never_cache
@require_safe
@gated_read
def history(request: HttpRequest) -> HttpResponse:
    """Return the history of a range or a window as JSON; answer with 400 if it is unknown or malformed."""
    try:
        name, window = asked_window(request.GET, time.time())
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=400)
    compare = request.GET.get("compare") == "1"
    shared = history_reads.get(
        (name or window, compare), lambda: reads.read(window, time.time(), name, compare=compare)
    )
    return JsonResponse({**shared.value, "age_s": round(shared.age, 3)})
