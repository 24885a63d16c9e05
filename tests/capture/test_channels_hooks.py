"""The hooks find the endpoint and the user in a project whose routes and consumers are not changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest
from channels.auth import AuthMiddlewareStack
from channels.consumer import AsyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import URLRouter
from channels.security.websocket import OriginValidator
from django.contrib.auth.models import AnonymousUser, User
from django.urls import path, re_path
from django.urls.exceptions import Resolver404

from lifecycle.capture import LifecycleMiddleware, channels_hooks
from lifecycle.server.process import Process
from lifecycle.verdict.facts import Facts
from tests.asgi import ACCEPT, CONNECT, Application, Message, Receive, Send, Server, disconnect, ends, scope, text

# Channels closes old database connections before each message.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def hooks() -> Iterator[None]:
    """Install the hooks, and install them again if a test has removed them."""
    channels_hooks.install()
    yield
    channels_hooks.install()


class AcceptingConsumer(AsyncWebsocketConsumer):
    """A consumer of another project."""

    async def connect(self) -> None:
        """Accept the connection."""
        await self.accept()


async def plain(scope: Message, receive: Receive, send: Send) -> None:
    """Accept and read until the disconnect, without Channels."""
    await receive()
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass


class EndingServer(Server):
    """A server whose client disconnects as soon as the socket is accepted or closed."""

    async def send(self, message: Message) -> None:
        """Store a message, and queue the disconnect that follows it."""
        await super().send(message)
        if message["type"] == "websocket.accept":
            self.deliver(disconnect(1000))
        elif message["type"] == "websocket.close":
            self.deliver(disconnect(1006))


async def served(app: Application, at: str, process: Process, **more: object) -> dict[str, Any]:
    """Serve one socket at a path; return its ``end`` event."""
    server = EndingServer(CONNECT)
    # Channels raises an error if no route matches.
    with suppress(ValueError):
        await LifecycleMiddleware(app)(scope(at, **more), server.receive, server.send)
    [end] = ends(process)
    return end


def example_project() -> URLRouter:
    """Return the routes of an example project, with paths, regular expressions and nested routers."""
    rooms = URLRouter(
        [
            path("<int:number>/", AcceptingConsumer.as_asgi()),
            re_path(r"^(?P<name>[a-z]+)/$", AcceptingConsumer.as_asgi()),
        ]
    )
    floors = URLRouter([path("rooms/", rooms), path("stairs/", plain)])
    return URLRouter(
        [
            path("ws/chat/<str:room>/", AcceptingConsumer.as_asgi()),
            re_path(r"^ws/feed/(?P<feed>\w+)/$", AcceptingConsumer.as_asgi()),
            path("ws/plain/", plain),
            path("ws/guarded/", AuthMiddlewareStack(AcceptingConsumer.as_asgi())),
            path("house/", floors),
            path("house/attic/", AcceptingConsumer.as_asgi()),
            re_path(r"^tower/", URLRouter([path("top/", AcceptingConsumer.as_asgi())])),
            path("", URLRouter([path("ws/empty/prefix/", AcceptingConsumer.as_asgi())])),
            path("ws/last/", AcceptingConsumer.as_asgi()),
        ]
    )


ROUTES = {
    "path with a converter": ("/ws/chat/blue/", "ws/chat/<str:room>/"),
    "regular expression": ("/ws/feed/news/", r"^ws/feed/(?P<feed>\w+)/$"),
    "plain ASGI application": ("/ws/plain/", "ws/plain/"),
    "middleware inside a route": ("/ws/guarded/", "ws/guarded/"),
    "router in a router": ("/house/stairs/", "house/stairs/"),
    "router in a router in a router": ("/house/rooms/7/", "house/rooms/<int:number>/"),
    "regular expression in routers": ("/house/rooms/blue/", "house/rooms/^(?P<name>[a-z]+)/$"),
    "fall-through after a nested router": ("/house/attic/", "house/attic/"),
    "regular expression as a prefix": ("/tower/top/", "^tower/top/"),
    "empty prefix": ("/ws/empty/prefix/", "ws/empty/prefix/"),
    "after a nested router that matches all": ("/ws/last/", "ws/last/"),
}


@pytest.mark.parametrize(("at", "endpoint"), ROUTES.values(), ids=ROUTES)
async def test_endpoint__is_the_route_as_written(recording: Process, at: str, endpoint: str) -> None:
    assert (await served(example_project(), at, recording))["endpoint"] == endpoint
    assert recording.recorder.tally.endpoints[endpoint].opened == 1


@pytest.mark.parametrize("at", ["/nowhere/", "/house/cellar/", "/house/rooms/B-12/", "/ws/chat/a/b/"])
async def test_endpoint__without_a_route_is_unmatched(recording: Process, at: str) -> None:
    end = await served(example_project(), at, recording)
    assert (end["endpoint"], end["cause"], end["state"]) == ("unmatched", "rejected_unmatched", "rejected")


async def test_endpoint__without_a_router_is_unrouted(recording: Process) -> None:
    end = await served(plain, "/anything/", recording)
    assert (end["endpoint"], end["cause"]) == ("unrouted", "unknown")


async def test_value_error__of_the_application_does_not_mean_that_no_route_matches(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        raise ValueError("No route found: raised by the application")

    end = await served(URLRouter([path("ws/a/", app)]), "/ws/a/", recording)
    assert (end["endpoint"], end["cause"]) == ("ws/a/", "handshake_error")


async def test_resolver404__raised_on_an_open_socket_does_not_change_the_endpoint(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        raise Resolver404("from a resolve() of the application")

    server = Server(CONNECT)
    with pytest.raises(ValueError, match="No route found"):
        await LifecycleMiddleware(URLRouter([path("ws/a/", app)]))(scope("/ws/a/"), server.receive, server.send)
    [end] = ends(recording)
    assert (end["endpoint"], end["cause"]) == ("ws/a/", "server_error")
    assert {name: counts.open for name, counts in recording.recorder.tally.endpoints.items()} == {"ws/a/": 0}


async def test_router__passes_the_same_scope_with_and_without_the_hooks(recording: Process) -> None:
    seen: list[Message] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append({name: value for name, value in scope.items() if name != "lifecycle"})

    def router() -> URLRouter:
        return URLRouter([path("a/<int:x>/", URLRouter([path("b/<str:y>/", app, {"z": 1})]))])

    await served(router(), "/a/1/b/two/", recording)
    channels_hooks.uninstall()
    server = Server(CONNECT)
    await router()(scope("/a/1/b/two/"), server.receive, server.send)
    assert seen[0] == seen[1]
    assert seen[0]["url_route"] == {"args": (), "kwargs": {"x": 1, "y": "two", "z": 1}}


async def test_router__serves_a_socket_that_is_not_watched() -> None:
    server = Server(CONNECT, disconnect())
    await URLRouter([path("ws/a/", plain)])(scope("/ws/a/"), server.receive, server.send)
    assert server.sent == [ACCEPT]


async def test_router__wraps_a_route_only_once_for_many_sockets(recording: Process) -> None:
    routes = [path("ws/a/", plain)]
    for _ in range(3):
        server = Server(CONNECT, disconnect())
        await LifecycleMiddleware(URLRouter(routes))(scope("/ws/a/"), server.receive, server.send)
    assert [end["endpoint"] for end in ends(recording)] == ["ws/a/"] * 3
    assert getattr(routes[0].callback, channels_hooks.WATCHED) is plain


async def test_router__mounted_in_two_places_has_both_endpoints(recording: Process) -> None:
    shared = URLRouter([path("room/", plain)])
    outer = LifecycleMiddleware(URLRouter([path("v1/", shared), path("v2/", shared)]))
    for at in ("/v1/room/", "/v2/room/", "/v1/room/"):
        server = Server(CONNECT, disconnect())
        await outer(scope(at), server.receive, server.send)
    assert [end["endpoint"] for end in ends(recording)] == ["v1/room/", "v2/room/", "v1/room/"]


async def test_router__watches_routes_that_replace_others(recording: Process) -> None:
    router = URLRouter([path("a/", plain)])
    for at in ("/a/", "/b/"):
        server = Server(CONNECT, disconnect())
        await LifecycleMiddleware(router)(scope(at), server.receive, server.send)
        router.routes[0] = path("b/", plain)
    assert [end["endpoint"] for end in ends(recording)] == ["a/", "b/"]


def signs_in(user: object, inner: Application) -> Application:
    """Return a middleware that adds a user to a copy of the scope, as Channels' own middleware does."""

    async def application(scope: Message, receive: Receive, send: Send) -> None:
        await inner({**scope, "user": user}, receive, send)

    return application


@pytest.mark.parametrize("consumer", [AcceptingConsumer.as_asgi(), plain], ids=["consumer", "plain application"])
async def test_user__is_found_if_the_middleware_wraps_the_router(
    recording: Process, consumer: Application
) -> None:
    app = signs_in(User(pk=42), URLRouter([path("ws/a/", consumer)]))
    assert (await served(app, "/ws/a/", recording))["user_id"] == "42"


async def test_user__is_found_if_the_middleware_wraps_the_consumer(recording: Process) -> None:
    router = URLRouter([path("ws/a/", signs_in(User(pk=42), AcceptingConsumer.as_asgi()))])
    assert (await served(router, "/ws/a/", recording))["user_id"] == "42"


async def test_user__who_is_not_signed_in_is_recorded_as_none(recording: Process) -> None:
    router = URLRouter([path("ws/a/", AcceptingConsumer.as_asgi())])
    assert (await served(signs_in(AnonymousUser(), router), "/ws/a/", recording))["user_id"] is None


async def test_user__who_signs_in_later_is_found_at_the_end(recording: Process) -> None:
    class SignsIn(AsyncWebsocketConsumer):
        async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
            self.scope["user"] = User(pk=7)
            server.deliver(disconnect())

    server = Server(CONNECT, text("sign me in"))
    router = URLRouter([path("ws/a/", SignsIn.as_asgi())])
    await LifecycleMiddleware(router)(scope("/ws/a/"), server.receive, server.send)
    [end] = ends(recording)
    assert end["user_id"] == "7"


class Exploding:
    """A user whose every attribute raises."""

    def __getattribute__(self, name: str) -> object:
        """Raise an error."""
        raise RuntimeError("a lazy user of another project")


async def test_user__that_raises_does_not_affect_the_socket(recording: Process) -> None:
    router = URLRouter([path("ws/a/", AcceptingConsumer.as_asgi())])
    end = await served(signs_in(Exploding(), router), "/ws/a/", recording)
    assert (end["user_id"], end["cause"]) == (None, "unknown")


@pytest.mark.parametrize(
    ("some_scope", "expected"),
    [
        (None, None),
        ({}, None),
        ({"user": None}, None),
        ({"user": SimpleNamespace(pk="a uuid", is_authenticated=True)}, "a uuid"),
    ],
)
def test_user_id_of__is_the_primary_key_or_none(some_scope: dict[str, Any] | None, expected: str | None) -> None:
    assert channels_hooks.user_id_of(some_scope) == expected


async def test_origin__refused_by_the_validator_is_rejected_origin(recording: Process) -> None:
    app = OriginValidator(URLRouter([path("ws/a/", AcceptingConsumer.as_asgi())]), ["good.example"])
    end = await served(app, "/ws/a/", recording, headers=[(b"origin", b"http://bad.example")])
    assert (end["cause"], end["origin"]) == ("rejected_origin", "http://bad.example")


async def test_origin__refusal_by_the_projects_consumer_is_rejected(recording: Process) -> None:
    class Refuses(AsyncWebsocketConsumer):
        async def connect(self) -> None:
            await self.close(4403)

    app = OriginValidator(URLRouter([path("ws/a/", Refuses.as_asgi())]), ["good.example"])
    end = await served(app, "/ws/a/", recording, headers=[(b"origin", b"http://good.example")])
    assert (end["cause"], end["sent_code"]) == ("rejected", 4403)


def test_install__second_call_does_nothing() -> None:
    hooked = URLRouter.__call__, AsyncConsumer.__call__
    channels_hooks.install()
    assert (URLRouter.__call__, AsyncConsumer.__call__) == hooked


def test_uninstall__restores_channels() -> None:
    hooked = URLRouter.__call__
    channels_hooks.uninstall()
    assert not hasattr(URLRouter.__call__, channels_hooks.WATCHED)
    assert not hasattr(AsyncConsumer.__call__, channels_hooks.WATCHED)
    assert URLRouter.__call__ is getattr(hooked, channels_hooks.WATCHED)
    assert URLRouter.__call__.__module__ == "channels.routing"


def test_facts_of__ignores_other_objects_under_the_key() -> None:
    facts = Facts()
    assert channels_hooks.facts_of({"lifecycle": facts}) is facts
    assert channels_hooks.facts_of({"lifecycle": "somebody else's"}) is None
    assert channels_hooks.facts_of({}) is None
