"""System checks of the dashboard. ``lifecycle_dashboard`` is their tag and the prefix of their IDs."""

from __future__ import annotations

import os

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage
from django.urls import NoReverseMatch, reverse

from lifecycle import conf
from lifecycle.installation.asgi_application import hides_routes, load_application
from lifecycle.installation.socket_address import socket_path

from .live.broadcast import LAYER
from .live.consumer import DashboardConsumer

TAG = "lifecycle_dashboard"
#: The URL of the API. Its module is not imported here: it needs django-ninja, which is optional.
API_ROOT = "lifecycle_api:api-root"
IN_MEMORY = "channels.layers.InMemoryChannelLayer"


def register() -> None:
    """Register the checks with Django."""
    for check in (
        check_feed_layer,
        check_processes,
        check_admin,
        check_admin_urls,
        check_urls,
        check_socket,
        check_api,
    ):
        checks.register(check, TAG)


def check_feed_layer(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if there may be several server processes but the channel layer cannot carry snapshots between them."""
    problem = feed_layer_problem()
    return [feed_warning(problem, "W001")] if problem else []


def feed_warning(problem: str, number: str) -> CheckMessage:
    """Return a warning which says that the live page shows only one process."""
    return checks.Warning(
        f"{problem}: the live page shows only the process that serves it.",
        hint=f'Set the backend of CHANNEL_LAYERS["{LAYER}"] to '
        "channels_redis.pubsub.RedisPubSubChannelLayer, or to the in-memory layer for a single process.",
        id=f"{TAG}.{number}",
    )


def backends() -> dict[str, str]:
    """Return the backends of the project's channel layers, by alias."""
    return {alias: layer.get("BACKEND", "") for alias, layer in getattr(settings, "CHANNEL_LAYERS", {}).items()}


def feed_layer_problem() -> str:
    """Return a description of the problem with the feed's channel layer; empty if there is none.

    A project without channel layers, or with an in-memory default layer, is assumed to run a single process.
    """
    layers = backends()
    if layers and LAYER not in layers:
        return f'CHANNEL_LAYERS has no alias "{LAYER}"'
    if layers.get(LAYER) == IN_MEMORY and layers.get("default", IN_MEMORY) != IN_MEMORY:
        return f'CHANNEL_LAYERS["{LAYER}"] is in memory'
    return ""


def check_processes(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if several processes are configured, but no channel layer connects them."""
    reason = several_processes()
    if not reason or feed_layer_problem() or backends().get(LAYER, IN_MEMORY) != IN_MEMORY:
        return []
    return [feed_warning(f"{reason}, but no channel layer connects the processes", "W002")]


def several_processes() -> str:
    """Return the setting and the value that imply several server processes; empty if there are none."""
    if conf.get("METRICS_SCOPE") == "host":
        return 'LIFECYCLE["METRICS_SCOPE"] is "host"'
    # Uvicorn and gunicorn read their number of worker processes from this variable.
    workers = os.environ.get("WEB_CONCURRENCY", "")
    return f"WEB_CONCURRENCY is {workers}" if workers.isdecimal() and int(workers) > 1 else ""


def check_admin(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if the admin is not installed: the live page uses its templates and its sign-in page."""
    if apps.is_installed("django.contrib.admin"):
        return []
    return [
        checks.Warning(
            "django.contrib.admin is not installed: the live page, which is a page of the admin, cannot be shown.",
            hint='Add "django.contrib.admin" to INSTALLED_APPS, and its URLs: path("admin/", admin.site.urls).',
            id=f"{TAG}.W003",
        )
    ]


def check_admin_urls(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if the admin is installed, but has no URLs."""
    if not apps.is_installed("django.contrib.admin") or has_url("admin:index"):
        return []
    return [
        checks.Warning(
            "The admin has no URL: the live page, which links to it, cannot be shown.",
            hint='Add path("admin/", admin.site.urls) to urlpatterns.',
            id=f"{TAG}.W004",
        )
    ]


def check_urls(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if the live page has no URL."""
    if has_url(f"{TAG}:page"):
        return []
    urls = f"{__package__}.urls"
    return [
        checks.Warning(
            f"The URL configuration does not include {urls}: the live page has no URL.",
            hint=f'Add path("dashboard/", include("{urls}")) to urlpatterns.',
            id=f"{TAG}.W005",
        )
    ]


def check_api(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if the API has URLs, but the scripts and styles of its documentation page are not installed."""
    if not has_url(API_ROOT) or apps.is_installed("ninja"):
        return []
    return [
        checks.Warning(
            'The API is included, but "ninja" is not installed: the API has no documentation page.',
            hint='Add "ninja" to INSTALLED_APPS. The page would otherwise load scripts from another host.',
            id=f"{TAG}.W007",
        )
    ]


def has_url(name: str) -> bool:
    """Return whether the project has a URL of this name, without parameters."""
    try:
        return bool(getattr(settings, "ROOT_URLCONF", None) and reverse(name))
    except NoReverseMatch:
        return False


def check_socket(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if ``ASGI_APPLICATION`` has no route for the socket of the live page."""
    application, _ = load_application()
    if application is None or hides_routes(application) or has_socket():
        return []
    return [
        checks.Warning(
            "ASGI_APPLICATION has no route for the socket of the live page: the page shows no numbers.",
            hint=f"Add the routes in {__package__}.routing.websocket_urlpatterns to the URLRouter in asgi.py, "
            "inside AuthMiddlewareStack.",
            id=f"{TAG}.W006",
        )
    ]


def has_socket() -> bool:
    """Return whether a route without parameters leads to the socket of the live page."""
    try:
        return bool(socket_path(DashboardConsumer, ()))
    except NoReverseMatch:
        return False
