"""Each part of the installation that is missing gives one exact warning."""

from __future__ import annotations

from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core import checks as django_checks
from django.core.asgi import get_asgi_application
from django.core.checks import Warning as CheckWarning
from django.urls import include, path
from pytest_django import Settings

from lifecycle import views
from lifecycle.capture import LifecycleMiddleware
from lifecycle.capture.channels_hooks import watch_routes
from lifecycle.installation import checks
from tests.installation.conftest import Serve

ROUTES = URLRouter([path("ws/", AsyncWebsocketConsumer.as_asgi())])
UNUSED = CheckWarning(
    "ASGI_APPLICATION does not use LifecycleMiddleware, so no connection is recorded.",
    hint='In asgi.py, wrap the application for WebSockets: "websocket": LifecycleMiddleware(...), '
    "imported from lifecycle.capture.",
    id="lifecycle.W008",
)
NOT_INCLUDED = CheckWarning(
    "The URL configuration does not include lifecycle.urls, so there is no /metrics, /healthz or /readyz.",
    hint='Add path("", include("lifecycle.urls")) to urlpatterns.',
    id="lifecycle.W009",
)


async def function(scope: object, receive: object, send: object) -> None:
    """Any ASGI application, whose inside cannot be seen."""


def wrapping_itself() -> SimpleNamespace:
    """Return an application that wraps itself."""
    endless = SimpleNamespace()
    endless.app = endless
    return endless


def watched() -> URLRouter:
    """Return routes that have already served a connection."""
    routes = URLRouter([path("ws/", AsyncWebsocketConsumer.as_asgi())])
    watch_routes(routes)
    return routes


def test_register__runs_the_checks_under_the_tag_lifecycle(settings: Settings) -> None:
    settings.ASGI_APPLICATION = "django.conf.settings"
    checks.register()
    assert "lifecycle.W008" not in [found.id for found in django_checks.run_checks(tags=["lifecycle"])]
    settings.ROOT_URLCONF = "django.contrib.auth.urls"
    assert NOT_INCLUDED in django_checks.run_checks(tags=["lifecycle"])


WITHOUT_MIDDLEWARE = {
    "Django alone": get_asgi_application(),
    "no sockets": ProtocolTypeRouter({"http": get_asgi_application()}),
    "middleware around HTTP": ProtocolTypeRouter({"http": LifecycleMiddleware(function)}),
    "routes": ProtocolTypeRouter({"websocket": AuthMiddlewareStack(ROUTES)}),
    "watched routes": watched(),
    "a route to a function": URLRouter([path("ws/", function)]),
    "a wrapper": SimpleNamespace(app=ROUTES),
    "a consumer": AsyncWebsocketConsumer.as_asgi(),
}


@pytest.mark.parametrize("application", WITHOUT_MIDDLEWARE.values(), ids=WITHOUT_MIDDLEWARE)
def test_middleware__missing_is_reported(serve: Serve, application: object) -> None:
    serve(application)
    assert checks.check_middleware(None) == [UNUSED]


WITH_MIDDLEWARE = {
    "outermost": LifecycleMiddleware(ROUTES),
    "documented place": ProtocolTypeRouter({"websocket": LifecycleMiddleware(AuthMiddlewareStack(ROUTES))}),
    "in a wrapper": SimpleNamespace(app=ProtocolTypeRouter({"websocket": LifecycleMiddleware(ROUTES)})),
    "on one route": URLRouter([path("ws/", LifecycleMiddleware(function))]),
    "unknown: a function": function,
    "unknown: a function for sockets": ProtocolTypeRouter({"websocket": function}),
    "unknown: a function in a wrapper": SimpleNamespace(app=function),
    "unknown: endless": SimpleNamespace(app=SimpleNamespace()),
}


@pytest.mark.parametrize("application", WITH_MIDDLEWARE.values(), ids=WITH_MIDDLEWARE)
def test_middleware__used_or_hidden_is_not_reported(serve: Serve, application: object) -> None:
    serve(application)
    assert checks.check_middleware(None) == []


def test_middleware__application_that_wraps_itself_ends_the_search(serve: Serve) -> None:
    serve(wrapping_itself())
    assert checks.check_middleware(None) == [UNUSED]


@pytest.mark.parametrize("value", [None, ""])
def test_application__without_the_setting_is_not_checked(settings: Settings, value: str | None) -> None:
    settings.ASGI_APPLICATION = value
    assert [checks.check_import(None), checks.check_middleware(None)] == [[], []]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("no_such_module.application", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("tests.no_such", "ImproperlyConfigured: Cannot find 'no_such' in ASGI_APPLICATION module tests"),
        ("application", "ImproperlyConfigured: Cannot find ASGI_APPLICATION setting."),
        ("tests.project.broken_asgi.application", "ZeroDivisionError: division by zero"),
        ("tests.project.exiting_asgi.application", "SystemExit: 3"),
    ],
)
def test_application__that_cannot_be_imported_is_reported_and_not_checked(
    settings: Settings, name: str, fault: str
) -> None:
    settings.ASGI_APPLICATION = name
    assert checks.check_import(None) == [
        CheckWarning(
            f"ASGI_APPLICATION ({name!r}) cannot be imported: {fault}",
            hint="Correct the setting or the module that it names. Until then, nothing else about it is checked.",
            id="lifecycle.W007",
        )
    ]
    assert checks.check_middleware(None) == []


URLS = {
    "include": [path("", include("lifecycle.urls"))],
    "with a prefix": [path("ops/", include("lifecycle.urls"))],
    "in another namespace": [path("", include(([path("", include("lifecycle.urls"))], "ops")))],
    "the view alone": [path("internal/metrics", views.metrics)],
}


def urlconf(*patterns: Any) -> ModuleType:  # noqa: ANN401
    """Return a URL configuration."""
    module = ModuleType("project_urls")
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
    return module


@pytest.mark.parametrize("patterns", URLS.values(), ids=URLS)
def test_urls__included_anywhere_are_not_reported(settings: Settings, patterns: list[Any]) -> None:
    settings.ROOT_URLCONF = urlconf(*patterns)
    assert checks.check_urls(None) == []


def test_urls__missing_are_reported(settings: Settings) -> None:
    settings.ROOT_URLCONF = urlconf()
    assert checks.check_urls(None) == [NOT_INCLUDED]


def test_urls__of_a_project_without_urls_are_reported(settings: Settings) -> None:
    settings.ROOT_URLCONF = None
    assert checks.check_urls(None) == [NOT_INCLUDED]
