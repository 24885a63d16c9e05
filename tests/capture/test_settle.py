"""The code of an application that failed is an estimate until its server has closed the connection."""

from __future__ import annotations

from typing import Any

import pytest

from lifecycle.capture import LifecycleMiddleware, recorded_socket
from lifecycle.server.process import Process
from tests.asgi import ACCEPT, CONNECT, Message, Receive, Send, Server, ends, scope
from tests.capture.sockets import ApplicationError
from tests.capture.test_daphne import as_daphne

OPEN, CLOSING, CLOSED = 3, 2, 0


async def fails(scope: Message, receive: Receive, send: Send) -> None:
    """Accept, and raise an exception."""
    await receive()
    await send(ACCEPT)
    raise ApplicationError


async def failed() -> Any:  # noqa: ANN401 - an autobahn protocol object
    """Serve an application that fails on Daphne; return the protocol object, which is still open."""
    server = Server(CONNECT)
    protocol, send = as_daphne(server, state=OPEN)
    with pytest.raises(ApplicationError):
        await LifecycleMiddleware(fails)(scope(), server.receive, send)
    return protocol


def codes(process: Process) -> list[tuple[str, int, bool]]:
    """Return the cause, the code and the exactness of each ``end`` event."""
    return [(end["cause"], end["close_code"], end["exact"]) for end in ends(process)]


ESTIMATE = ("server_error", 1011, False)


async def test_settle__keeps_the_estimate_until_the_server_closes(recording: Process) -> None:
    await failed()
    recording.sockets.sweep()
    assert codes(recording) == [ESTIMATE]
    assert len(recording.sockets.unsettled) == 1


@pytest.mark.parametrize(
    ("state", "flags", "code"),
    [
        (CLOSING, {"closedByMe": True, "localCloseCode": 1011}, 1011),
        (CLOSED, {"closedByMe": False, "localCloseCode": 1000, "remoteCloseCode": 4001}, 4001),
        (CLOSED, {"closedByMe": False, "localCloseCode": 1000, "remoteCloseCode": None}, 1005),
        (CLOSED, {}, 1006),
    ],
    ids=["server-closes", "client-closes", "client-closes-without-a-code", "client-drops"],
)
async def test_settle__replaces_the_estimate_by_the_code_on_the_wire(
    recording: Process, state: int, flags: dict[str, Any], code: int
) -> None:
    protocol = await failed()
    protocol.state = state
    for name, value in flags.items():
        setattr(protocol, name, value)
    recording.sockets.sweep()
    recording.sockets.sweep()
    assert codes(recording) == [ESTIMATE, ("server_error", code, True)]
    assert recording.sockets.unsettled == set()


async def test_settle__happens_before_the_process_stops(recording: Process) -> None:
    protocol = await failed()
    protocol.state = CLOSED
    recording.sockets.stop()
    assert codes(recording) == [ESTIMATE, ("server_error", 1006, True)]


async def test_settle__is_given_up_if_the_server_never_closes(
    recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded_socket, "PATIENCE", -1.0)
    await failed()
    recording.sockets.sweep()
    assert codes(recording) == [ESTIMATE]
    assert recording.sockets.unsettled == set()
