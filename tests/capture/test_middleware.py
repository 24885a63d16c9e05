"""The middleware passes scope, messages and results through unchanged, and starts recording."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lifecycle.capture.middleware import LifecycleMiddleware
from lifecycle.server import current
from lifecycle.server.process import Process
from lifecycle.verdict.facts import Facts
from tests.asgi import (
    ACCEPT,
    CLOSE,
    CONNECT,
    Message,
    Receive,
    Send,
    Server,
    disconnect,
    ends,
    scope,
    spooled,
    text,
)
from tests.capture.sockets import refuse, serve, talk


async def test_messages__are_passed_on_as_the_same_objects(recording: Process) -> None:
    incoming = [CONNECT, text("a"), {"type": "websocket.receive", "bytes": b"b"}, disconnect(1001)]
    outgoing = [ACCEPT, {"type": "websocket.send", "text": "c"}, {"type": "made.up"}, CLOSE]
    received: list[Message] = []

    async def app(scope: Message, receive: Receive, send: Send) -> str:
        for message in outgoing:
            received.append(await receive())
            await send(message)
        return "its result"

    server = Server(*incoming)
    assert await serve(app, server) == "its result"
    assert all(passed is sent for passed, sent in zip(received, incoming, strict=True))
    assert all(passed is sent for passed, sent in zip(server.sent, outgoing, strict=True))


async def test_scope__is_a_copy_of_the_servers_scope_with_the_facts_added(recording: Process) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.update(scope)

    server, server_scope = Server(), scope()
    await LifecycleMiddleware(app)(server_scope, server.receive, server.send)
    facts = seen.pop("lifecycle")
    assert isinstance(facts, Facts)
    assert seen == server_scope
    assert "lifecycle" not in server_scope


@pytest.mark.parametrize("kind", ["http", "lifespan"])
async def test_scope__of_another_protocol_passes_through(recording: Process, kind: str) -> None:
    passed: list[Any] = []

    async def app(*arguments: object) -> str:
        passed.extend(arguments)
        return "its result"

    server, server_scope = Server(), {"type": kind}
    receive, send = server.receive, server.send
    assert await LifecycleMiddleware(app)(server_scope, receive, send) == "its result"
    assert (passed[0], passed[1], passed[2]) == (server_scope, receive, send)
    assert passed[0] is server_scope
    assert spooled(recording) == []


async def test_facts__release_the_scopes_after_the_end(recording: Process) -> None:
    seen: list[Facts] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append(scope["lifecycle"])
        await talk(scope, receive, send)

    await serve(app, Server(CONNECT, disconnect()))
    assert (seen[0].route.scope, seen[0].handshake.server_scope) == (None, None)


async def test_query_string__is_not_recorded(recording: Process) -> None:
    secret = {
        "query_string": b"token=secret",
        "headers": [(b"cookie", b"sessionid=secret"), (b"origin", b"http://a")],
    }
    await serve(talk, Server(CONNECT, disconnect()), **secret)
    assert len(spooled(recording)) == 2
    assert "secret" not in str(spooled(recording))


async def test_process__is_started_by_the_first_socket(settings: Any, tmp_path: Any) -> None:  # noqa: ANN401
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "spool", "FLUSH_SECONDS": 3600, "HEARTBEAT_SECONDS": 3600}
    assert current.current() is None
    await serve(refuse, Server(CONNECT))
    running = current.current()
    assert running
    assert len(ends(running)) == 1
    for task in running.jobs.tasks:
        task.cancel()
    await asyncio.wait(running.jobs.tasks)
