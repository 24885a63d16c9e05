"""System checks of the dashboard."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks as django_checks
from django.core.checks import Warning as CheckWarning
from pytest_django import Settings

from dashboard import checks

MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
REDIS = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1"]}}


def test_register__checks_run_under_their_tag(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": REDIS}
    assert [message.id for message in django_checks.run_checks(tags=[checks.TAG])] == ["lifecycle_dashboard.W001"]


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ({"default": REDIS}, 'CHANNEL_LAYERS has no alias "lifecycle"'),
        ({"default": REDIS, "lifecycle": MEMORY}, 'CHANNEL_LAYERS["lifecycle"] is in memory'),
    ],
    ids=["no layer", "in memory"],
)
def test_feed_layer__warns_if_snapshots_do_not_reach_other_processes(
    settings: Settings, layers: dict[str, Any], problem: str
) -> None:
    settings.CHANNEL_LAYERS = layers
    assert checks.check_feed_layer(None) == [
        CheckWarning(
            f"{problem}: the live page shows only the process that serves it.",
            hint='Set the backend of CHANNEL_LAYERS["lifecycle"] to '
            "channels_redis.pubsub.RedisPubSubChannelLayer, or to the in-memory layer for a single process.",
            id="lifecycle_dashboard.W001",
        )
    ]


VALID = {
    "no layers": {},
    "feed in memory, no default": {"lifecycle": MEMORY},
    "both in memory": {"default": MEMORY, "lifecycle": MEMORY},
    "both on Redis": {"default": REDIS, "lifecycle": REDIS},
}


@pytest.mark.parametrize("layers", VALID.values(), ids=VALID)
def test_feed_layer__accepts_a_valid_configuration(settings: Settings, layers: dict[str, Any]) -> None:
    settings.CHANNEL_LAYERS = layers
    assert checks.check_feed_layer(None) == []


def test_processes__several_without_a_layer_between_them_are_reported(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"lifecycle": MEMORY}
    settings.LIFECYCLE = {"METRICS_SCOPE": "host"}
    assert checks.check_processes(None) == [processes_warning('LIFECYCLE["METRICS_SCOPE"] is "host"')]


def test_processes__of_the_servers_variable_are_reported_without_layers(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHANNEL_LAYERS = {}
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert checks.check_processes(None) == [processes_warning("WEB_CONCURRENCY is 4")]


def processes_warning(reason: str) -> CheckWarning:
    """Return the warning about several processes without a layer between them."""
    return CheckWarning(
        f"{reason}, but no channel layer connects the processes: "
        "the live page shows only the process that serves it.",
        hint='Set the backend of CHANNEL_LAYERS["lifecycle"] to '
        "channels_redis.pubsub.RedisPubSubChannelLayer, or to the in-memory layer for a single process.",
        id="lifecycle_dashboard.W002",
    )


def test_processes__that_another_check_reports_are_not_reported_twice(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": REDIS}
    settings.LIFECYCLE = {"METRICS_SCOPE": "host"}
    assert checks.check_processes(None) == []


@pytest.mark.parametrize("workers", ["", "1", "many"])
def test_processes__a_single_one_needs_no_layer(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    settings.CHANNEL_LAYERS = {}
    monkeypatch.setenv("WEB_CONCURRENCY", workers)
    assert checks.check_processes(None) == []


def test_processes__with_a_layer_between_them_are_not_reported(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": REDIS, "lifecycle": REDIS}
    settings.LIFECYCLE = {"METRICS_SCOPE": "host"}
    assert checks.check_processes(None) == []


def test_admin__missing_is_reported_once(settings: Settings) -> None:
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != "django.contrib.admin"]
    assert checks.check_admin(None) == [
        CheckWarning(
            "django.contrib.admin is not installed: the live page, which is a page of the admin, cannot be shown.",
            hint='Add "django.contrib.admin" to INSTALLED_APPS, and its URLs: path("admin/", admin.site.urls).',
            id="lifecycle_dashboard.W003",
        )
    ]
    assert checks.check_admin_urls(None) == []


def test_admin__without_urls_is_reported(settings: Settings) -> None:
    settings.ROOT_URLCONF = "lifecycle.urls"
    assert checks.check_admin_urls(None) == [
        CheckWarning(
            "The admin has no URL: the live page, which links to it, cannot be shown.",
            hint='Add path("admin/", admin.site.urls) to urlpatterns.',
            id="lifecycle_dashboard.W004",
        )
    ]


def test_urls__missing_are_reported(settings: Settings) -> None:
    settings.ROOT_URLCONF = "lifecycle.urls"
    assert checks.check_urls(None) == [
        CheckWarning(
            "The URL configuration does not include dashboard.urls: the live page has no URL.",
            hint='Add path("dashboard/", include("dashboard.urls")) to urlpatterns.',
            id="lifecycle_dashboard.W005",
        )
    ]


def test_urls__of_a_project_without_urls_are_reported(settings: Settings) -> None:
    settings.ROOT_URLCONF = None
    assert [found.id for found in checks.check_urls(None)] == ["lifecycle_dashboard.W005"]


WITHOUT_ROUTE = {
    "status socket only": "lifecycle_only",
    "route with a parameter": "parameter",
    "no sockets": "no_sockets",
}


@pytest.mark.parametrize("name", WITHOUT_ROUTE.values(), ids=WITHOUT_ROUTE)
def test_socket__without_a_route_is_reported(settings: Settings, name: str) -> None:
    settings.ASGI_APPLICATION = f"tests.dashboard.applications.{name}"
    assert checks.check_socket(None) == [
        CheckWarning(
            "ASGI_APPLICATION has no route for the socket of the live page: the page shows no numbers.",
            hint="Add the routes in dashboard.routing.websocket_urlpatterns to the URLRouter in asgi.py, "
            "inside AuthMiddlewareStack.",
            id="lifecycle_dashboard.W006",
        )
    ]


@pytest.mark.parametrize("name", ["mounted", "function", "missing"])
def test_socket__with_a_route_or_unknown_is_not_reported(settings: Settings, name: str) -> None:
    settings.ASGI_APPLICATION = f"tests.dashboard.applications.{name}"
    assert checks.check_socket(None) == []


@pytest.mark.django_db
def test_checks__of_this_project_report_nothing() -> None:
    assert django_checks.run_checks(tags=["lifecycle", checks.TAG]) == []


def test_api__is_complete_in_this_project() -> None:
    assert checks.check_api(None) == []


def test_api__warns_if_the_documentation_page_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.apps, "is_installed", lambda name: name != "ninja")
    [warning] = checks.check_api(None)
    assert warning.id == "lifecycle_dashboard.W007"
    assert "INSTALLED_APPS" in warning.hint


def test_api__may_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "API_ROOT", "not_included:api-root")
    monkeypatch.setattr(checks.apps, "is_installed", lambda name: name != "ninja")
    assert checks.check_api(None) == []
