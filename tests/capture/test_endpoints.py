"""The endpoint of a connection that no Channels router has routed."""

from __future__ import annotations

from typing import Any

import pytest
from channels.routing import URLRouter
from django.urls import path
from fastapi import APIRouter, FastAPI, WebSocket
from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute

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
    app.include_router(router, prefix="/v1")
    app.mount("/mounted", mounted)
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
}


@pytest.mark.parametrize(("at", "endpoint"), STARLETTE.items())
async def test_starlette__route_is_the_endpoint(recording: Process, at: str, endpoint: str) -> None:
    app = LifecycleMiddleware(Starlette(routes=starlette_routes()))
    assert (await served(app, at, recording))["endpoint"] == endpoint


async def test_starlette__value_in_a_mount_never_becomes_a_part_of_the_endpoint(recording: Process) -> None:
    app = LifecycleMiddleware(Starlette(routes=starlette_routes()))
    assert "s3cret" not in (await served(app, "/files/a/s3cret/", recording))["endpoint"]


async def test_starlette__root_path_of_the_server_is_no_part_of_the_endpoint(recording: Process) -> None:
    app = LifecycleMiddleware(Starlette(routes=starlette_routes()))
    end = await served(app, "/proxy/teams/1/chat/blue", recording, root_path="/proxy")
    assert end["endpoint"] == "/teams/{team}/chat/{room}"


FASTAPI = {
    "/chat/blue": "/chat/{room}",
    "/v1/chat/blue": "/v1/chat/{room}",
    "/mounted/chat/blue": "/mounted/chat/{room}",
}


@pytest.mark.parametrize(("at", "endpoint"), FASTAPI.items())
async def test_fastapi__route_is_the_endpoint(recording: Process, at: str, endpoint: str) -> None:
    assert (await served(LifecycleMiddleware(fastapi_application()), at, recording))["endpoint"] == endpoint


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
