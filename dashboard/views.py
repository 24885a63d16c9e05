"""The live page in the frame of the admin, and the reads of history that it makes."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lifecycle.csp import strict_csp
from lifecycle.socket_address import socket_path
from lifecycle.verdict.texts import vocabulary

from . import history as reads
from .live.consumer import DashboardConsumer
from .permissions import may_view
from .routing import websocket_urlpatterns
from .texts import words
from .windows import RANGES

View = Callable[..., HttpResponse]
#: Seconds for which the answer for a range is cached for all viewers.
SHARED_SECONDS = 1.5


def gated_page(view: View) -> View:
    """Serve users who may view, send visitors to the sign-in page, and answer all others with 403."""

    @wraps(view)
    def gated(request: HttpRequest) -> HttpResponse:
        if may_view(request.user):
            return view(request)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))

    return gated


def gated_read(view: View) -> View:
    """Serve users who may view, and answer all others with 403 and an empty object."""

    @wraps(view)
    def gated(request: HttpRequest) -> HttpResponse:
        return view(request) if may_view(request.user) else JsonResponse({}, status=403)

    return gated


@strict_csp
@never_cache
@require_safe
@gated_page
def page(request: HttpRequest) -> HttpResponse:
    """Render the live page without numbers; they arrive over the socket."""
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
    """Return one range of history as JSON; 400 for an unknown range."""
    name = request.GET.get("range", "15m")
    if name not in RANGES:
        return JsonResponse({"error": f"range is one of {', '.join(RANGES)}"}, status=400)
    key = f"lifecycle.history.{name}"
    return JsonResponse(cache.get_or_set(key, lambda: reads.read(name, time.time()), SHARED_SECONDS))
