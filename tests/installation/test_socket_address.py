"""Finding the path of a socket in the project's ASGI application."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings as django_settings
from django.test import Client
from django.urls import NoReverseMatch, path, re_path, set_script_prefix
from pytest_django import Settings

from dashboard.live.consumer import DashboardConsumer
from lifecycle.capture import LifecycleMiddleware
from lifecycle.capture.channels_hooks import watch_routes
from lifecycle.installation.socket_address import socket_path
from tests.installation.conftest import Serve


class Consumer(AsyncWebsocketConsumer):
    """The consumer whose path is looked up."""


class Other(AsyncWebsocketConsumer):
    """Another consumer of the same project."""


class Subclass(Consumer):
    """A project's subclass of the consumer."""


ROUTE = path("ws/own/", Consumer.as_asgi())


def path_of_consumer() -> str:
    """Return the path of the consumer."""
    return socket_path(Consumer, [ROUTE])


def sockets(*routes: Any) -> ProtocolTypeRouter:  # noqa: ANN401
    """Return a project's ASGI application with the given WebSocket routes."""
    other = path("ws/other/", Other.as_asgi())
    return ProtocolTypeRouter({"http": object(), "websocket": URLRouter([other, *routes])})


APPLICATIONS = {
    "plain": (sockets(ROUTE), "/ws/own/"),
    "its own path": (sockets(path("live/", Consumer.as_asgi())), "/live/"),
    "one prefix": (sockets(path("monitor/", URLRouter([ROUTE]))), "/monitor/ws/own/"),
    "two prefixes": (sockets(path("a/", URLRouter([path("b/", URLRouter([ROUTE]))]))), "/a/b/ws/own/"),
    "re_path as a prefix": (sockets(re_path(r"^monitor/", URLRouter([ROUTE]))), "/monitor/ws/own/"),
    "re_path as the route": (sockets(re_path(r"^live/$", Consumer.as_asgi())), "/live/"),
    "middleware on the route": (sockets(path("live/", AuthMiddlewareStack(Consumer.as_asgi()))), "/live/"),
    "no protocol router": (URLRouter([path("live/", Consumer.as_asgi())]), "/live/"),
    "a subclass": (sockets(path("live/", Subclass.as_asgi())), "/live/"),
    "parameter": (sockets(path("<int:tenant>/ws/own/", Consumer.as_asgi())), "/ws/own/"),
    "parameter, then none": (
        sockets(path("<int:tenant>/", URLRouter([ROUTE])), path("live/", Consumer.as_asgi())),
        "/live/",
    ),
    "no route": (sockets(), "/ws/own/"),
    "no sockets": (ProtocolTypeRouter({"http": object()}), "/ws/own/"),
    "function": (lambda scope: None, "/ws/own/"),
}


@pytest.mark.parametrize(("application", "expected"), APPLICATIONS.values(), ids=APPLICATIONS)
def test_socket_path__is_the_path_of_the_projects_route(serve: Serve, application: object, expected: str) -> None:
    serve(application)
    assert path_of_consumer() == expected


def test_socket_path__is_found_behind_the_usual_middleware(serve: Serve) -> None:
    routes = URLRouter([path("monitor/", URLRouter([ROUTE]))])
    stack = LifecycleMiddleware(AllowedHostsOriginValidator(AuthMiddlewareStack(routes)))
    serve(SimpleNamespace(app=ProtocolTypeRouter({"websocket": stack})))
    assert path_of_consumer() == "/monitor/ws/own/"


def test_socket_path__is_found_in_watched_routes(serve: Serve) -> None:
    inner = URLRouter([path("live/", Consumer.as_asgi())])
    outer = URLRouter([path("monitor/", inner)])
    for router in (inner, outer):
        watch_routes(router)
    serve(outer)
    assert path_of_consumer() == "/monitor/live/"


def test_socket_path__application_that_wraps_itself_ends_the_search(serve: Serve) -> None:
    endless = SimpleNamespace()
    endless.app = endless
    serve(endless)
    assert path_of_consumer() == "/ws/own/"


@pytest.mark.parametrize("setting", [None, "no_such_module.application", "tests.no_such_application"])
def test_socket_path__is_the_apps_own_without_a_valid_asgi_application(
    settings: Settings, setting: str | None
) -> None:
    settings.ASGI_APPLICATION = setting
    assert path_of_consumer() == "/ws/own/"


def test_socket_path__is_the_apps_own_without_the_setting(settings: Settings) -> None:
    del settings.ASGI_APPLICATION
    assert path_of_consumer() == "/ws/own/"


def test_socket_path__is_the_apps_own_if_the_application_fails_to_load(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr("lifecycle.installation.socket_address.get_default_application", fail)
    settings.ASGI_APPLICATION = "broken.application"
    assert path_of_consumer() == "/ws/own/"
    assert "ASGI_APPLICATION could not be imported" in caplog.text


@pytest.fixture
def script_prefix() -> Iterator[None]:
    """Set the prefix that a request has under FORCE_SCRIPT_NAME; the test client does not set it."""
    set_script_prefix("/site/")
    yield
    set_script_prefix("/")
    # Django adds the prefix to these settings when they are first read, and keeps the result.
    for name in ("STATIC_URL", "MEDIA_URL"):
        vars(django_settings).pop(name, None)


def test_socket_path__has_the_script_prefix_of_each_request(serve: Serve, script_prefix: None) -> None:
    serve(sockets(path("monitor/", URLRouter([ROUTE]))))
    assert path_of_consumer() == "/site/monitor/ws/own/"
    set_script_prefix("/")
    assert path_of_consumer() == "/monitor/ws/own/"


def test_socket_path__without_any_route_raises_no_reverse_match(serve: Serve) -> None:
    serve(sockets())
    with pytest.raises(NoReverseMatch, match="Consumer"):
        socket_path(Consumer, [])


@pytest.mark.django_db
def test_dashboard__page_has_the_path_of_its_socket(
    serve: Serve, script_prefix: None, admin_client: Client
) -> None:
    serve(URLRouter([path("monitor/", URLRouter([path("live/", DashboardConsumer.as_asgi())]))]))
    page = admin_client.get("/dashboard/").content.decode()
    assert 'data-socket-path="/site/monitor/live/"' in page


def test_status_page__has_the_path_of_its_socket(script_prefix: None, client: Client) -> None:
    assert 'data-socket-path="/site/ws/status/"' in client.get("/").content.decode()
