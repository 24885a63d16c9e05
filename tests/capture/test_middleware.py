"""The middleware, driven by plain ASGI: each socket ends exactly once, truthfully, and feels nothing of it."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest

from lifecycle.capture.middleware import LifecycleMiddleware, payload_size
from lifecycle.server import process
from lifecycle.server.busy import PATIENCE
from lifecycle.server.process import Process
from lifecycle.verdict.facts import Facts
from lifecycle.views import spool_usable
from tests.asgi import (
    ACCEPT,
    CLOSE,
    CONNECT,
    Application,
    Message,
    Receive,
    Send,
    Server,
    disconnect,
    ends,
    scope,
    spooled,
    text,
    until,
)


class ApplicationError(Exception):
    """What an application raises."""


async def serve(app: Application, server: Server, **more: object) -> Any:  # noqa: ANN401 - the application's
    """Serve one socket through the middleware, to its end."""
    async with asyncio.timeout(5):
        return await LifecycleMiddleware(app)(scope(**more), server.receive, server.send)


async def only_end(process: Process) -> dict[str, Any]:
    """Return the one end in the spool, after every task that could add another has had its turn."""
    for _ in range(10):
        await asyncio.sleep(0)
    [end] = ends(process)
    assert process.recorder.sockets == {}
    return end


def verdict(end: dict[str, Any]) -> tuple[str, str, int | None]:
    """Return state, cause and code of an end."""
    return end["state"], end["cause"], end["close_code"]


async def talk(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, and read until the end."""
    await receive()
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def close_with_4002(scope: Message, receive: Receive, send: Send) -> None:
    """Accept and close."""
    await receive()
    await send(ACCEPT)
    await send({"type": "websocket.close", "code": 4002, "reason": "full"})
    await receive()


async def refuse(scope: Message, receive: Receive, send: Send) -> None:
    """Close before accept."""
    await receive()
    await send({"type": "websocket.close", "code": 4403})


async def refuse_and_read_on(scope: Message, receive: Receive, send: Send) -> None:
    """Close before accept, and hear the noise that follows."""
    await refuse(scope, receive, send)
    await receive()


async def deny_with_a_response(scope: Message, receive: Receive, send: Send) -> None:
    """Refuse with an HTTP response (ASGI "Websocket Denial Response")."""
    await receive()
    await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})


async def raise_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Fail in the handshake."""
    await receive()
    raise ApplicationError


async def raise_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Fail on an open socket."""
    await receive()
    await send(ACCEPT)
    raise ApplicationError


async def raise_after_the_end(scope: Message, receive: Receive, send: Send) -> None:
    """Fail in the handler of the disconnect."""
    await talk(scope, receive, send)
    raise ApplicationError


async def raise_after_close(scope: Message, receive: Receive, send: Send) -> None:
    """Fail after the application's own close."""
    await receive()
    await send(ACCEPT)
    await send({"type": "websocket.close", "code": 4002})
    raise ApplicationError


async def return_before_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Answer nothing."""
    await receive()


async def return_after_accept(scope: Message, receive: Receive, send: Send) -> None:
    """Leave an open socket."""
    await receive()
    await send(ACCEPT)


PATHS: dict[str, tuple[Application, list[Message], tuple[str, str, int | None]]] = {
    "client closes": (talk, [CONNECT, text("a"), disconnect(4001)], ("closed", "client_application", 4001)),
    "close frame without a code": (talk, [CONNECT, disconnect(None)], ("closed", "client_no_status", 1005)),
    "connection dropped": (talk, [CONNECT, disconnect(1006)], ("closed", "network_lost", 1006)),
    "server closes": (close_with_4002, [CONNECT], ("closed", "server_application", 4002)),
    "refused": (refuse, [CONNECT], ("rejected", "rejected", None)),
    "refused, then the noise": (refuse_and_read_on, [CONNECT], ("rejected", "rejected", None)),
    "denied with a response": (deny_with_a_response, [CONNECT], ("rejected", "rejected", None)),
    "raised before accept": (raise_before_accept, [CONNECT], ("rejected", "handshake_error", None)),
    "raised after accept": (raise_after_accept, [CONNECT], ("closed", "server_error", 1006)),
    "raised after the end": (
        raise_after_the_end,
        [CONNECT, disconnect(1001)],
        ("closed", "client_going_away", 1001),
    ),
    "raised after its close": (raise_after_close, [CONNECT], ("closed", "server_application", 4002)),
    "returned before accept": (return_before_accept, [CONNECT], ("rejected", "handshake_error", None)),
    "returned after accept": (return_after_accept, [CONNECT], ("closed", "server_error", 1006)),
    "client gone before accept": (talk, [disconnect(1006), disconnect(1006)], ("rejected", "abandoned", None)),
}

#: What the server tells once the application has closed.
ANSWERS: dict[Application, Message] = {close_with_4002: disconnect(1000), refuse_and_read_on: disconnect(1006)}


@pytest.mark.parametrize(("app", "messages", "expected"), PATHS.values(), ids=PATHS)
async def test_end__is_recorded_exactly_once(
    recording: Process, app: Application, messages: list[Message], expected: tuple[str, str, int | None]
) -> None:
    server = Server(*messages)
    if app in ANSWERS:
        asyncio.get_running_loop().call_later(0.01, server.tell, ANSWERS[app])
    with suppress(ApplicationError):
        await serve(app, server)
    assert verdict(await only_end(recording)) == expected


async def started(app: Application, server: Server) -> asyncio.Task[Any]:
    """Serve a socket in a task of its own, and return it once the application has accepted."""
    task = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, server.send))
    await until(lambda: ACCEPT in server.sent)
    return task


async def test_end__of_a_cancelled_application(recording: Process) -> None:
    task = await started(talk, Server(CONNECT))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert verdict(await only_end(recording)) == ("closed", "unknown", 1006)


@pytest.mark.parametrize("fails", [True, False], ids=["raises", "returns"])
async def test_end__of_an_application_cancelled_in_its_last_step(recording: Process, fails: bool) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        current = asyncio.current_task()
        assert current
        current.cancel()
        if fails:
            raise ApplicationError

    with pytest.raises((asyncio.CancelledError, ApplicationError)):
        await asyncio.create_task(serve(app, Server(CONNECT)))
    assert (await only_end(recording))["cause"] == "server_error"


async def test_end__of_a_socket_that_is_open_when_the_process_stops(recording: Process) -> None:
    server = Server(CONNECT)
    task = await started(talk, server)
    recording.recorder.stop()
    server.tell(disconnect(1001))
    await task
    assert verdict(await only_end(recording)) == ("closed", "server_shutdown", 1006)


async def test_end__of_a_busy_application_is_noticed_while_it_is_busy(recording: Process) -> None:
    done = asyncio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await done.wait()
        assert await receive() == text("unread")
        assert await receive() == disconnect(4001)

    server = Server(CONNECT)
    task = await started(app, server)
    server.tell(text("unread"), disconnect(4001))
    await until(lambda: ends(recording))
    done.set()
    await task
    end = await only_end(recording)
    assert verdict(end) == ("closed", "client_application", 4001)
    assert end["messages_in"] == 1


async def test_first_word__is_the_clients_where_its_close_already_waited(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        server.tell(disconnect(4001, reason="I was first"))
        await send({"type": "websocket.close", "code": 4002})

    server = Server(CONNECT)
    await serve(app, server)
    end = await only_end(recording)
    assert (end["initiator"], end["close_code"], end["close_reason"]) == ("client", 4001, "I was first")
    assert end["sent_code"] is None
    assert server.sent[-1]["code"] == 4002


async def test_first_word__is_the_servers_where_nothing_waited(recording: Process) -> None:
    server = Server(CONNECT)
    asyncio.get_running_loop().call_later(0.01, server.tell, disconnect(4001))
    await serve(close_with_4002, server)
    end = await only_end(recording)
    assert (end["initiator"], end["close_code"], end["close_reason"]) == ("server", 4002, "full")
    assert (end["sent_code"], end["sent_reason"]) == (4002, "full")


async def test_close__without_a_code_is_1000(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send(CLOSE)

    await serve(app, Server(CONNECT))
    end = await only_end(recording)
    assert (end["cause"], end["sent_code"]) == ("server_normal", 1000)


async def test_close__second_one_does_not_speak_for_the_first(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 4002, "reason": "full"})
        await send(CLOSE)

    await serve(app, Server(CONNECT))
    end = await only_end(recording)
    assert (end["cause"], end["sent_code"], end["close_reason"]) == ("server_application", 4002, "full")


async def test_close__that_the_server_refuses_is_the_applications_error(recording: Process) -> None:
    server = Server(CONNECT)

    async def send(message: Message) -> None:
        if message["type"] == "websocket.close":
            raise ValueError("invalid close code 1011")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 1011})

    with pytest.raises(ValueError, match="invalid close code"):
        await LifecycleMiddleware(app)(scope(), server.receive, send)
    assert verdict(await only_end(recording)) == ("closed", "server_error", 1006)


async def test_accept__after_the_stop_had_ended_the_handshake_is_put_right(recording: Process) -> None:
    answer = asyncio.Event()

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await answer.wait()
        await send(ACCEPT)
        await receive()

    server = Server(CONNECT)
    serving = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, server.send))
    await until(lambda: recording.recorder.sockets)
    recording.recorder.stop()
    answer.set()
    await until(lambda: len(ends(recording)) == 2)
    serving.cancel()
    await asyncio.wait([serving])
    first, second = ends(recording)
    assert verdict(first) == ("rejected", "server_shutdown", None)
    assert verdict(second) == ("closed", "server_shutdown", 1006)
    assert first["id"] == second["id"]
    assert second["opened_at"] <= second["accepted_at"] <= second["closed_at"]
    counts = recording.recorder.tally.endpoints["unmatched"]
    assert (counts.opened, counts.open, sum(counts.closed.values())) == (1, 0, 1)


async def test_close__with_a_code_that_is_none_is_recorded_all_the_same(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.close", "code": 2**64})

    await serve(app, Server(CONNECT))
    assert verdict(await only_end(recording)) == ("closed", "server_normal", 1000)


async def test_refusal__keeps_the_code_that_nobody_else_sees(recording: Process) -> None:
    await serve(refuse, Server(CONNECT))
    assert (await only_end(recording))["sent_code"] == 4403


async def test_accept__that_the_server_refuses_is_no_accept(recording: Process) -> None:
    async def send(message: Message) -> None:
        raise OSError("client gone")

    with pytest.raises(OSError, match="client gone"):
        await LifecycleMiddleware(talk)(scope(), Server(CONNECT).receive, send)
    assert verdict(await only_end(recording)) == ("rejected", "abandoned", None)
    assert recording.recorder.tally.endpoints["unmatched"].opened == 0


async def test_accept__second_one_opens_nothing(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send(ACCEPT)
        await receive()

    await serve(app, Server(CONNECT, disconnect()))
    counts = recording.recorder.tally.endpoints["unmatched"]
    assert (counts.opened, counts.open) == (1, 0)


async def test_accept__is_spooled_with_its_subprotocol(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-ws"})
        await receive()

    await serve(app, Server(CONNECT, disconnect()))
    assert [event["e"] for event in spooled(recording)] == ["accept", "end"]
    assert (await only_end(recording))["subprotocol"] == "graphql-ws"


async def slow(scope: Message, receive: Receive, send: Send) -> None:
    """Take longer to accept than a busy application is waited for."""
    await receive()
    await asyncio.sleep(3 * PATIENCE)
    await talk_on(receive, send)


async def talk_on(receive: Receive, send: Send) -> None:
    """Accept, and read until the end."""
    await send(ACCEPT)
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def test_handshake__that_is_slow_is_spooled_before_its_accept(recording: Process) -> None:
    await serve(slow, Server(CONNECT, disconnect()))
    assert next(event["e"] for event in spooled(recording)) == "open"
    assert [event["e"] for event in spooled(recording)].count("end") == 1


async def test_handshake__that_is_slow_feels_no_broken_recorder(
    recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.record.events.open_event", broken)
    server = Server(CONNECT, disconnect(1000))
    await serve(slow, server)
    assert server.sent == [ACCEPT]
    assert recording.recorder.dropped == 1


def as_daphne(server: Server, state: int) -> tuple[Any, Callable[..., Awaitable[None]]]:
    """Return an autobahn protocol object in a state, and the ``send`` that Daphne makes of it."""
    from daphne.ws_protocol import WebSocketProtocol

    protocol = WebSocketProtocol()
    protocol.state = state
    protocol.handshake_deferred = None  # Daphne deletes it with its answer to the handshake

    async def handle(protocol: object, message: Message) -> None:
        await server.send(message)

    return protocol, functools.partial(handle, protocol)


async def test_accept__under_daphne_of_a_peer_that_has_gone_is_no_accept(recording: Process) -> None:
    server = Server(CONNECT, disconnect(1006))
    _, send = as_daphne(server, state=0)
    await LifecycleMiddleware(talk)(scope(), server.receive, send)
    assert verdict(await only_end(recording)) == ("rejected", "abandoned", None)
    assert server.sent == [ACCEPT]


async def test_zombie__under_daphne_ends_when_its_socket_does(recording: Process) -> None:
    server = Server(CONNECT)
    _, send = as_daphne(server, state=3)
    await LifecycleMiddleware(return_after_accept)(scope(), server.receive, send)
    assert ends(recording) == []
    server.tell(disconnect(1001))
    await until(lambda: ends(recording))
    assert verdict(await only_end(recording)) == ("closed", "client_going_away", 1001)


async def test_ghost__under_daphne_is_ended_by_the_second_sweep(recording: Process) -> None:
    server = Server(CONNECT)
    protocol, send = as_daphne(server, state=3)
    task = asyncio.create_task(LifecycleMiddleware(talk)(scope(), server.receive, send))
    await until(lambda: ACCEPT in server.sent)
    recording.recorder.sweep()
    assert ends(recording) == []
    protocol.state = 0
    recording.recorder.sweep()
    assert ends(recording) == []
    recording.recorder.sweep()
    end = await only_end(recording)
    assert (end["cause"], end["exact"]) == ("network_lost", False)
    task.cancel()
    await asyncio.wait([task])
    assert len(ends(recording)) == 1


async def test_sweep__reads_the_disconnect_that_waits_for_a_busy_application(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await asyncio.Event().wait()

    server = Server(CONNECT)
    protocol, send = as_daphne(server, state=3)
    task = asyncio.create_task(LifecycleMiddleware(app)(scope(), server.receive, send))
    await until(lambda: ACCEPT in server.sent)
    protocol.state = 0
    server.tell(disconnect(4001))
    recording.recorder.sweep()
    end = await only_end(recording)
    assert (end["cause"], end["exact"]) == ("client_application", True)
    task.cancel()
    await asyncio.wait([task])


SIZES = {
    "ascii": ({"text": "abc"}, 3),
    "umlaut": ({"text": "äbc"}, 4),
    "emoji": ({"text": "\N{GRINNING FACE}"}, 4),
    "lone surrogate": ({"text": "\ud800"}, 3),
    "empty text": ({"text": ""}, 0),
    "bytes": ({"bytes": b"\x00\xff"}, 2),
    "bytes beside no text": ({"text": None, "bytes": b"ab"}, 2),
    "nothing": ({}, 0),
}


@pytest.mark.parametrize(("payload", "size"), SIZES.values(), ids=SIZES)
def test_payload_size__is_bytes_on_the_wire(payload: Message, size: int) -> None:
    assert payload_size(payload) == size


async def test_messages__are_counted_both_ways_for_connection_and_endpoint(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "bytes": b"12345", "heard": message})

    binary = {"type": "websocket.receive", "bytes": b"123"}
    await serve(app, Server(CONNECT, text("hé"), binary, disconnect()))
    end = await only_end(recording)
    assert (end["messages_in"], end["bytes_in"], end["messages_out"], end["bytes_out"]) == (2, 6, 2, 10)
    counts = recording.recorder.tally.endpoints["unmatched"]
    assert (counts.messages_in, counts.bytes_in, counts.messages_out, counts.bytes_out) == (2, 6, 2, 10)
    assert end["opened_at"] <= end["accepted_at"] <= end["last_received_at"] <= end["closed_at"]
    assert end["last_sent_at"] <= end["closed_at"]


async def test_duration__is_that_of_the_open_socket(recording: Process) -> None:
    await serve(talk, Server(CONNECT, disconnect()))
    end = await only_end(recording)
    durations = recording.recorder.tally.endpoints["unmatched"].durations
    assert durations.total == pytest.approx(end["closed_at"] - end["accepted_at"], abs=1e-5)
    assert durations.total > 0


@pytest.mark.parametrize("step", [3600, -3600])
async def test_clock__that_is_set_while_a_socket_is_open_changes_no_duration(
    recording: Process, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    system = time.time

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        monkeypatch.setattr(time, "time", lambda: system() + step)
        await receive()
        await send({"type": "websocket.send", "text": "a"})
        await receive()

    await serve(app, Server(CONNECT, text("a"), disconnect()))
    monkeypatch.setattr(time, "time", system)
    end = await only_end(recording)
    times = [end[name] for name in ("opened_at", "accepted_at", "last_received_at", "last_sent_at", "closed_at")]
    assert times == sorted(times)
    assert times[-1] - times[0] < 600, "the system's clock went an hour on"


async def test_clock__that_was_set_back_since_the_handshake_leaves_the_buckets_as_they_are(
    recording: Process,
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        scope["lifecycle"].clock_began += 3600
        await talk(scope, receive, send)

    await serve(talk, Server(CONNECT, disconnect()))
    await serve(app, Server(CONNECT, disconnect()))
    recent = recording.recorder.tally.recent_buckets(time.time(), 60)
    assert sum(bucket.closes["client_normal"] for bucket in recent) == 2


async def test_messages__that_the_server_did_not_take_are_not_counted(recording: Process) -> None:
    async def send(message: Message) -> None:
        if message["type"] == "websocket.send":
            raise OSError("broken pipe")

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        await send({"type": "websocket.send", "text": "lost"})

    with pytest.raises(OSError, match="broken pipe"):
        await LifecycleMiddleware(app)(scope(), Server(CONNECT).receive, send)
    assert (await only_end(recording))["messages_out"] == 0


async def test_messages__are_the_same_objects_with_and_without_the_middleware(recording: Process) -> None:
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
    assert all(one is other for one, other in zip(received, incoming, strict=True))
    assert all(one is other for one, other in zip(server.sent, outgoing, strict=True))


async def test_scope__is_the_servers_with_the_facts_beside_it(recording: Process) -> None:
    seen: dict[str, Any] = {}

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.update(scope)

    server, told = Server(), scope()
    await LifecycleMiddleware(app)(told, server.receive, server.send)
    facts = seen.pop("lifecycle")
    assert isinstance(facts, Facts)
    assert seen == told
    assert "lifecycle" not in told


@pytest.mark.parametrize("kind", ["http", "lifespan"])
async def test_scope__of_another_protocol_passes_through(recording: Process, kind: str) -> None:
    passed: list[Any] = []

    async def app(*arguments: object) -> str:
        passed.extend(arguments)
        return "its result"

    server, told = Server(), {"type": kind}
    receive, send = server.receive, server.send
    assert await LifecycleMiddleware(app)(told, receive, send) == "its result"
    assert (passed[0], passed[1], passed[2]) == (told, receive, send)
    assert passed[0] is told
    assert spooled(recording) == []


def broken(*arguments: object, **named: object) -> None:
    """Stand for any part of the recorder that fails."""
    raise ZeroDivisionError("the recorder's own")


BROKEN_PARTS = [
    "lifecycle.record.events.accept_event",
    "lifecycle.record.events.end_event",
    "lifecycle.record.lines.encode",
    "lifecycle.record.recorder.classify",
    "lifecycle.counts.tally.Tally.accepted",
    "lifecycle.counts.tally.Tally.closed",
    "lifecycle.record.spool.Spool.append",
    "lifecycle.capture.middleware.facts_from",
    "lifecycle.capture.witnesses.Witness.testify",
]


@pytest.mark.parametrize("part", BROKEN_PARTS)
async def test_recorder__that_fails_never_reaches_the_socket(
    recording: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, part: str
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> str:
        await talk(scope, receive, send)
        return "its result"

    monkeypatch.setattr(part, broken)
    for _ in range(3):
        server = Server(CONNECT, text("a"), disconnect(1000))
        assert await serve(app, server) == "its result"
        assert server.sent == [ACCEPT]
    assert recording.recorder.dropped >= 3
    assert recording.recorder.sockets == {}
    assert [record.message for record in caplog.records if "ZeroDivisionError" in str(record.exc_info)] == [
        "An event was not recorded (later ones of this kind are only counted): the recorder's own"
    ]


async def test_recorder__with_a_full_spool_drops_and_the_socket_lives(recording: Process) -> None:
    assert recording.recorder.spool
    recording.recorder.spool.limit = 10
    server = Server(CONNECT, disconnect(1000))
    await serve(talk, server)
    assert server.sent == [ACCEPT]
    assert (recording.recorder.dropped, recording.recorder.recorded) == (2, 0)


async def test_recorder__without_a_spool_still_counts(recording: Process) -> None:
    assert recording.recorder.spool
    recording.recorder.spool.close()
    recording.recorder.spool = None
    await serve(talk, Server(CONNECT, disconnect(1000)))
    assert recording.recorder.dropped == 2
    counts = recording.recorder.tally.endpoints["unmatched"]
    assert (counts.opened, counts.closed["1000", "client"], counts.open) == (1, 1, 0)


async def test_facts__hold_no_scope_after_the_end(recording: Process) -> None:
    seen: list[Facts] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        seen.append(scope["lifecycle"])
        await talk(scope, receive, send)

    await serve(app, Server(CONNECT, disconnect()))
    assert (seen[0].scope, seen[0].server_scope) == (None, None)


async def test_query_string__is_in_no_event(recording: Process) -> None:
    secret = {
        "query_string": b"token=secret",
        "headers": [(b"cookie", b"sessionid=secret"), (b"origin", b"http://a")],
    }
    await serve(talk, Server(CONNECT, disconnect()), **secret)
    assert len(spooled(recording)) == 2
    assert "secret" not in str(spooled(recording))


async def test_running__process_is_started_by_the_first_socket(settings: Any, tmp_path: Any) -> None:  # noqa: ANN401
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "spool", "FLUSH_SECONDS": 3600, "HEARTBEAT_SECONDS": 3600}
    assert process.current() is None
    await serve(refuse, Server(CONNECT))
    running = process.current()
    assert running
    assert len(ends(running)) == 1
    for task in running.tasks:
        task.cancel()
    await asyncio.wait(running.tasks)


async def test_first_word__is_the_clients_where_the_application_returns_on_an_unread_close(
    recording: Process,
) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await receive()
        await send(ACCEPT)
        server.tell(disconnect(4001))

    server = Server(CONNECT)
    await serve(app, server)
    assert verdict(await only_end(recording)) == ("closed", "client_application", 4001)


async def test_refusal__is_recorded_when_it_is_sent(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await refuse(scope, receive, send)
        assert len(ends(recording)) == 1

    await serve(app, Server(CONNECT))
    await only_end(recording)


async def test_stop__of_uvicorn_is_heard_from_its_sockets_where_there_is_no_lifespan(recording: Process) -> None:
    async def app(scope: Message, receive: Receive, send: Send) -> None:
        scope["lifecycle"].server = "uvicorn"
        await talk(scope, receive, send)

    await serve(app, Server(CONNECT, disconnect(1012)))
    assert verdict(await only_end(recording)) == ("closed", "server_shutdown", 1012)
    assert recording.recorder.stopping


async def test_record__that_cannot_be_started_breaks_no_socket(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lifecycle.server.process.Process", broken)
    for _ in range(3):
        server = Server(CONNECT, disconnect(1000))
        await LifecycleMiddleware(talk)(scope(), server.receive, server.send)
        assert server.sent == [ACCEPT]
    assert process.Current.fault == "the recorder's own"
    assert [record.message for record in caplog.records] == [
        "Nothing is recorded: the record could not be started"
    ]
    assert not spool_usable()


async def test_record__that_could_not_be_started_at_first_is_no_fault_any_more(recording: Process) -> None:
    process.Current.fault = "an earlier one"
    await serve(talk, Server(CONNECT, disconnect()))
    assert await only_end(recording)
    assert process.Current.fault == ""
