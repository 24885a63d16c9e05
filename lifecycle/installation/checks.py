"""System checks ``lifecycle.W007`` to ``W009``: what a project still has to add to its own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.urls import URLPattern, URLResolver, get_resolver

from lifecycle import views
from lifecycle.capture import LifecycleMiddleware
from lifecycle.installation.asgi_application import contains, hides_routes, load_application


def register() -> None:
    """Register the checks; ``LifecycleConfig.ready`` calls this."""
    for check in (check_import, check_middleware, check_urls):
        checks.register(check, "lifecycle")


def check_import(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if ``ASGI_APPLICATION`` cannot be imported; then no other check knows the application."""
    _, fault = load_application()
    if not fault:
        return []
    return [
        checks.Warning(
            f"ASGI_APPLICATION ({settings.ASGI_APPLICATION!r}) cannot be imported: {fault}",
            hint="Correct the setting or the module that it names. Until then, nothing else about it is checked.",
            id="lifecycle.W007",
        )
    ]


def check_middleware(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if no WebSocket of the project passes ``LifecycleMiddleware``."""
    application, _ = load_application()
    if application is None or contains(application, LifecycleMiddleware) or hides_routes(application):
        return []
    return [
        checks.Warning(
            "ASGI_APPLICATION does not use LifecycleMiddleware, so no connection is recorded.",
            hint='In asgi.py, wrap the application for WebSockets: "websocket": LifecycleMiddleware(...), '
            "imported from lifecycle.capture.",
            id="lifecycle.W008",
        )
    ]


def check_urls(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if no URL of the project leads to the view ``metrics``; the project may choose the URL."""
    if any(callback is views.metrics for callback in project_views()):
        return []
    return [
        checks.Warning(
            "The URL configuration does not include lifecycle.urls, so there is no /metrics, /healthz or /readyz.",
            hint='Add path("", include("lifecycle.urls")) to urlpatterns.',
            id="lifecycle.W009",
        )
    ]


def project_views() -> Iterator[object]:
    """Yield each view in ``ROOT_URLCONF``; none if the setting is missing."""
    if getattr(settings, "ROOT_URLCONF", None):
        yield from views_in(get_resolver().url_patterns)


def views_in(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[object]:
    """Yield the view of each URL pattern, including the patterns in included URL configurations."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views_in(pattern.url_patterns)
        else:
            yield pattern.callback
