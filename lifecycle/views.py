"""The metrics for Prometheus, and health checks for supervisors and load balancers."""

from __future__ import annotations

import ipaddress
import os

from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lifecycle import conf
from lifecycle.database import record_database
from lifecycle.metrics.collector import render
from lifecycle.server import current, faults

FORBIDDEN = (
    "The metrics are only available with METRICS_TOKEN or, if it is not set, from this machine. Set it, and "
    'configure Prometheus to send it as a bearer token ("authorization" in its scrape configuration).\n'
)
#: Headers that proxies add. A request with any of these headers was forwarded by a proxy.
FORWARDED_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Return the metrics in the OpenMetrics format if the scraper accepts it, else in the text format."""
    if not may_scrape(request):
        return HttpResponse(FORBIDDEN, status=403, content_type="text/plain; charset=utf-8")
    body, content_type = render(request.headers.get("Accept", ""))
    return HttpResponse(body, content_type=content_type)


def may_scrape(request: HttpRequest) -> bool:
    """Return whether a request has the token or, if no token is set, comes directly from this machine.

    The token is also required from this machine, because not every local proxy adds a forwarding header.
    """
    if token := conf.get("METRICS_TOKEN"):
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and constant_time_compare(credentials.strip(), token)
    forwarded = any(name in request.headers for name in FORWARDED_HEADERS)
    return not forwarded and is_loopback(request.META.get("REMOTE_ADDR", ""))


def is_loopback(address: str) -> bool:
    """Return whether an address is a loopback address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Return 200 as long as the process answers requests."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Return the state of the database and the spool, with status 503 if either is unusable.

    Background work that fails is listed under ``stuck``. It does not change the status, because the process can
    still serve and record sockets.
    """
    parts = {"database": database_usable(), "spool": spool_usable()}
    ready = all(parts.values())
    answer: dict[str, object] = {name: "ok" if usable else "unusable" for name, usable in parts.items()}
    process = current.current()
    if process is not None and (stuck := faults.stuck(process)):
        answer["stuck"] = stuck
    response = JsonResponse(answer, status=200 if ready else 503)
    # Otherwise Django logs an error for each probe with status 503 (django.utils.log.log_response). The start and
    # the end of the outage are in the log already.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def database_usable() -> bool:
    """Return whether all databases answer.

    If the writer's last write failed or is still hanging, return ``False`` without a query.
    """
    process = current.current()
    if process is not None and process.writer is not None and not process.writer.writing:
        return False
    try:
        for alias in {DEFAULT_DB_ALIAS, record_database()}:
            with connections[alias].cursor() as cursor:
                cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def spool_usable() -> bool:
    """Return whether the spool takes events, or can be opened by the first socket."""
    if current.fault():
        return False
    process = current.current()
    if process is not None:
        return faults.spool_works(process)
    folder = conf.spool_dir()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return existing.is_dir() and os.access(existing, os.W_OK)
