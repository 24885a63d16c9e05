"""The status page: a client that shows its own connection and reports its status to the server."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from lifecycle.installation.socket_address import socket_path
from lifecycle.routing import websocket_urlpatterns
from lifecycle.status.consumer import StatusConsumer
from lifecycle.status.texts import words
from lifecycle.verdict.texts import code_vocabulary


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Render the status page; the page gets its live data over a WebSocket."""
    context = {
        "socket_path": socket_path(StatusConsumer, websocket_urlpatterns),
        "vocabulary": code_vocabulary(),
        "words": words(),
        "dashboard_url": reverse("lifecycle_dashboard:page"),
        "admin_url": reverse("admin:index"),
    }
    return render(request, "lifecycle/status.html", context)
