"""The endpoint of a connection that no Channels router has routed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from channels.routing import URLRouter
from django.urls import path
from fastapi import APIRouter, FastAPI, WebSocket
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Host, Mount, Router, WebSocketRoute

from lifecycle.capture import LifecycleMiddleware, name_endpoint
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CLOSE, CONNECT, Application, Message, Receive, Send, ends, scope
from tests.capture.sockets import talk
from tests.capture.test_channels_hooks import EndingServer


async def accept(socket: WebSocket) -> None:
    """Accept, and read until the disconnect."""
    await socket.accept()
    await socket.receive()


async def refuse(socket: WebSocket) -> None:
    """Refuse the handshake."""
    await socket.close()


def starlette_routes() -> list[Any]:
    """Return routes of Starlette, also in mounts."""
    return [
        WebSocketRoute("/chat/{room}", accept),
        WebSocketRoute("/refuses/{room}", refuse),
        Mount(
            "/teams/{team:int}",
            routes=[WebSocketRoute("/chat/{room}", accept), Mount("/plain", app=talk)],
        ),
        Mount("/files/{at:path}", routes=[WebSocketRoute("/", accept)]),
        Mount("/plain", app=talk),
    ]


def fastapi_application() -> FastAPI:
    """Return a FastAPI application with a router that has a prefix, and a mounted application."""
    app, router, mounted = FastAPI(), APIRouter(), FastAPI()
    for owner in (app, router, mounted):
        owner.websocket("/chat/{room}")(accept)
    router.mount("/plain", talk)
    app.include_router(router, prefix="/v1")
    mounted.include_router(router, prefix="/v1")
    app.mount("/mounted", mounted)
    app.mount("/plain/{team}", talk)
    return app


async def served(app: Application, at: str, process: Process, **more: object) -> dict[str, Any]:
    """Serve one socket at a path; return its ``end`` event."""
    server = EndingServer(CONNECT)
    await app(scope(at, **more), server.receive, server.send)
    [end] = ends(process)
    return end


STARLETTE = {
    "/chat/blue": "/chat/{room}",
    "/refuses/blue": "/refuses/{room}",
    "/teams/42/chat/4": "/teams/{team}/chat/{room}",
    "/teams/42/plain/x": "/teams/{team}/plain",
    "/plain/": "/plain",
    "/plain/with/more": "/plain",
    "/files/a/s3cret/": "/files/{at}/",
}


@pytest.mark.parametrize(("at", "endpoint"), STARLETTE.items())
async def test_starlette__route_is_the_endpoint(recording: Process, at: str, endpoint: str) -> None:
    app = LifecycleMiddleware(Starlette(routes=starlette_routes()))
    assert (await served(app, at, recording))["endpoint"] == endpoint


async def test_starlette__root_path_of_the_server_is_no_part_of_the_endpoint(recording: Process) -> None:
    app = LifecycleMiddleware(Starlette(routes=starlette_routes()))
    end = await served(app, "/proxy/teams/1/chat/blue", recording, root_path="/proxy")
    assert end["endpoint"] == "/teams/{team}/chat/{room}"


FASTAPI = {
    "/chat/blue": "/chat/{room}",
    "/v1/chat/blue": "/v1/chat/{room}",
    "/mounted/chat/blue": "/mounted/chat/{room}",
    "/mounted/v1/chat/blue": "/mounted/v1/chat/{room}",
    "/plain/blue/x": "/plain/{team}",
    "/v1/plain/x": "/v1/plain",
}


@pytest.mark.parametrize(("at", "endpoint"), FASTAPI.items())
async def test_fastapi__route_is_the_endpoint(recording: Process, at: str, endpoint: str) -> None:
    assert (await served(LifecycleMiddleware(fastapi_application()), at, recording))["endpoint"] == endpoint


class Wrapper:
    """An ASGI middleware."""

    def __init__(self, app: Application) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def confusing_application() -> Starlette:
    """Return an application whose paths have values that equal parts of other routes."""
    sub, router = FastAPI(), APIRouter()
    for owner in (sub, router):
        owner.websocket("/deep/{z}")(accept)
    sub.include_router(router, prefix="/in/{p}")
    outer = FastAPI()
    outer.mount("/sub/{s}", sub)
    leaf: list[BaseRoute] = [WebSocketRoute("/c", accept)]
    twice: list[BaseRoute] = [WebSocketRoute("/twice", accept)]
    return Starlette(
        routes=[
            Mount("/same/{x}", routes=[WebSocketRoute("/{x}/c", accept)]),
            Mount("/teams/{team}", routes=[WebSocketRoute("/chat/{room}", accept), Mount("/plain", app=talk)]),
            Mount("/n/{a}/{b}", routes=leaf),
            Mount("/num/{i:int}", routes=[WebSocketRoute("/c", accept)]),
            Mount("/at/{at:path}", routes=[WebSocketRoute("/c", accept)]),
            Mount("/wrapped/{w}", routes=[WebSocketRoute("/c", accept)], middleware=[Middleware(Wrapper)]),
            Mount("/outside/{w}", app=Wrapper(Router([WebSocketRoute("/{v}", accept)]))),
            Mount("/hidden/{w}", app=Router([WebSocketRoute("/{v}", accept)]).app),
            Mount("/fa", app=outer),
            Mount("/one/{t}", app=Router(twice)),
            Mount("/{t}/two", app=Router(twice)),
            Host("{domain}.example", app=Router([Mount("/host/{h}", routes=[WebSocketRoute("/c", accept)])])),
            Mount("", routes=[WebSocketRoute("/path/{p:path}", accept)]),
        ]
    )


CONFUSING = {
    "/same/secret0/w/c": "/same/{x}/{x}/c",
    "/same/w/w/c": "/same/{x}/{x}/c",
    "/teams/teams/chat/7": "/teams/{team}/chat/{room}",
    "/teams/{team}/chat/7": "/teams/{team}/chat/{room}",
    "/teams/plain/plain/x": "/teams/{team}/plain",
    "/n/n/n/c": "/n/{a}/{b}/c",
    "/n/{b}/{a}/c": "/n/{a}/{b}/c",
    "/num/007/c": "/num/{i}/c",
    "/at/a/c/c": "/at/{at}/c",
    "/at/c/at/c/c": "/at/{at}/c",
    "/wrapped/wrapped/c": "/wrapped/{w}/c",
    "/outside/secret/x": "/outside/{w}/{v}",
    # The mounted application gives no access to its routes.
    "/hidden/secret/x": "/{v}",
    "/fa/sub/fa/deep/6": "/fa/sub/{s}/deep/{z}",
    "/fa/sub/in/in/deep/deep/6": "/fa/sub/{s}/in/{p}/deep/{z}",
    "/one/1/twice": "/one/{t}/twice",
    "/2/two/twice": "/{t}/two/twice",
    "/path/a/b": "/path/{p}",
}


@pytest.mark.parametrize(("at", "endpoint"), CONFUSING.items())
async def test_mount__whose_values_equal_parts_of_routes_is_as_written(
    recording: Process, at: str, endpoint: str
) -> None:
    assert (await served(LifecycleMiddleware(confusing_application()), at, recording))["endpoint"] == endpoint


async def test_mount__below_a_host_is_as_written(recording: Process) -> None:
    headers = [(b"host", b"c.example")]
    end = await served(LifecycleMiddleware(confusing_application()), "/host/c/c", recording, headers=headers)
    assert end["endpoint"] == "/host/{h}/c"


async def test_mount__of_which_two_fit_is_left_out(recording: Process) -> None:
    shared = Router([WebSocketRoute("/c", accept)])
    app = Starlette(routes=[Mount("/a/{x}", app=shared), Mount("/{y}/b", app=shared)])
    assert (await served(LifecycleMiddleware(app), "/a/b/c", recording))["endpoint"] == "/c"


#: All names that the routes of ``confusing_application`` allow: with their mounts, and without them.
WRITTEN = (
    {*CONFUSING.values(), "/same/{x}", "/teams/{team}", "/n/{a}/{b}", "/num/{i}", "/at/{at}", "/wrapped/{w}"}
    | {"/outside/{w}", "/hidden/{w}", "/fa", "/fa/sub/{s}", "/one/{t}", "/{t}/two", "unrouted", "unmatched"}
    | {"/c", "/{x}/c", "/chat/{room}", "/deep/{z}", "/in/{p}/deep/{z}", "/twice"}
)
WORDS = sorted(
    {word for at in CONFUSING for word in at.split("/")} | {"two", "{x}", "{team}/chat", "\u202e", "\0"}
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=8))
@example(words=["same", "secret0", "w", "c"])
def test_endpoint__of_any_path_has_no_text_of_the_client(recording: Process, words: list[str]) -> None:
    recording.recorder.tally.endpoints.clear()
    app, server = LifecycleMiddleware(confusing_application()), EndingServer(CONNECT)
    asyncio.run(app(scope("/" + "/".join(words)), server.receive, server.send))
    assert set(recording.recorder.tally.endpoints) <= WRITTEN


async def test_mount__outside_the_middleware_is_the_endpoint_of_a_plain_application(recording: Process) -> None:
    app = Starlette(routes=[Mount("/outer/{team}", app=LifecycleMiddleware(talk))])
    assert (await served(app, "/outer/blue/x", recording))["endpoint"] == "/outer/{team}"


@pytest.mark.parametrize(
    ("at", "endpoint", "cause"),
    [("/outer/ws/a/", "ws/a/", "unknown"), ("/outer/nowhere/", "unmatched", "rejected_unmatched")],
)
async def test_mount__outside_the_middleware_leaves_the_endpoint_to_channels(
    recording: Process, at: str, endpoint: str, cause: str
) -> None:
    app = Starlette(routes=[Mount("/outer", app=LifecycleMiddleware(URLRouter([path("ws/a/", talk)])))])
    end = await served(app, at, recording)
    assert (end["endpoint"], end["cause"]) == (endpoint, cause)


async def test_no_router__is_unrouted_once_accepted(recording: Process) -> None:
    assert (await served(LifecycleMiddleware(talk), "/anything/", recording))["endpoint"] == "unrouted"
    assert recording.recorder.tally.endpoints["unrouted"].opened == 1


async def test_name_endpoint__names_a_connection(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        name_endpoint(scope, "chat/<room>")
        await talk(scope, receive, send)

    assert (await served(LifecycleMiddleware(app), "/chat/blue", recording))["endpoint"] == "chat/<room>"
    assert list(recording.recorder.tally.endpoints) == ["chat/<room>"]


async def test_name_endpoint__names_a_refused_handshake(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        name_endpoint(scope, "chat/<room>")
        await send(CLOSE)

    end = await served(LifecycleMiddleware(app), "/chat/blue", recording)
    assert (end["endpoint"], end["cause"]) == ("chat/<room>", "rejected")


async def test_name_endpoint__after_the_accept_changes_nothing(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await send(ACCEPT)
        name_endpoint(scope, "too late")

    assert (await served(LifecycleMiddleware(app), "/chat/blue", recording))["endpoint"] == "unrouted"


async def test_name_endpoint__is_bounded_and_can_be_stored(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        name_endpoint(scope, "\0" + "x" * 1000)
        await talk(scope, receive, send)

    endpoint = (await served(LifecycleMiddleware(app), "/", recording))["endpoint"]
    assert (len(endpoint), "\0" in endpoint) == (255, False)


def test_name_endpoint__of_a_connection_that_is_not_watched_does_nothing() -> None:
    name_endpoint(scope("/"), "chat")


async def test_route__that_raises_does_not_affect_the_socket(recording: Process) -> None:
    class Hostile:
        def __getattribute__(self, name: str) -> object:
            """Raise an error."""
            raise RuntimeError("a route of another project")

    end = await served(LifecycleMiddleware(talk), "/", recording, route=Hostile())
    assert (end["endpoint"], end["cause"]) == ("unrouted", "unknown")
