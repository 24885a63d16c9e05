"""Witnesses: what the servers' own protocol objects know of an end.

Daphne's protocol is the real one, on a transport of Twisted that has no network; so is Uvicorn's, on a transport
of asyncio's shape. Both shake hands and take frames as from a client.
"""

from __future__ import annotations

import asyncio
import functools
import struct
from typing import Any

import pytest
from daphne.server import Server as DaphneServer
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from lifecycle.capture.witnesses import DaphneWitness, UvicornWitness, Witness, witness_of
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.classify import classify
from lifecycle.verdict.facts import Facts, Hint
from tests.asgi import ACCEPT, Message, Receive, Send, until
from tests.factories import make_facts

HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, CLOSE = 0x1, 0x8


def frame(kind: int, payload: bytes = b"", masked: bool = True) -> bytes:
    """Return a client's frame (RFC 6455 section 5.2); its mask of zeros changes no byte."""
    head = bytes([0x80 | kind, (0x80 if masked else 0) | len(payload)])
    return head + (b"\0\0\0\0" if masked else b"") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a client's close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason.encode())


class Application:
    """An ASGI application that does nothing but hand its callables out."""

    def __init__(self) -> None:
        """Begin without a socket."""
        self.over = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Keep the socket's callables until the test is over."""
        self.receive, self.send = receive, send
        await self.over.wait()


class TwistedTransport(StringTransport):
    """A transport without a network, as forgiving as Twisted's own."""

    def unregisterProducer(self) -> None:
        """Forget the producer, if there is one."""
        self.producer = None


class DaphneSocket:
    """One socket of Daphne."""

    def __init__(self) -> None:
        """Shake hands as far as a client can."""
        self.app = Application()
        self.server = DaphneServer(self.app, ["tcp:0"])
        self.server.connections = {}
        factory = WebSocketFactory(self.server, server="Daphne")
        factory.setProtocolOptions(autoPingTimeout=30, maxMessagePayloadSize=100)
        self.protocol = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 50_000))
        self.protocol._raw_query_string = b""
        self.protocol.makeConnection(TwistedTransport())
        self.protocol.dataReceived(HANDSHAKE)
        self.facts = make_facts(server="daphne")

    async def accepted(self) -> DaphneSocket:
        """Have the application accept."""
        await until(lambda: hasattr(self.app, "send"))
        await self.app.send(ACCEPT)
        self.facts.accepted_at = 1.0
        assert self.protocol.state == self.protocol.STATE_OPEN
        return self

    def drop(self) -> None:
        """Have the TCP connection end, if it has not already."""
        self.protocol.connectionLost(Failure(ConnectionDone()))

    async def testimony(self) -> tuple[Message, Facts]:
        """Return what Daphne told the application, and the facts after the witness was heard."""
        while (message := await self.app.receive())["type"] != "websocket.disconnect":
            pass
        self.facts.received_end, self.facts.received_code = True, message["code"]
        self.facts.evidence = witness_of(self.app.send).testify(self.facts)
        return message, self.facts


class PlainTransport(asyncio.Transport):
    """A transport without a network; it ends where its server closes it."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        """Carry a protocol."""
        super().__init__()
        self.protocol, self.closed = protocol, False

    def write(self, data: object) -> None:
        """Take what the server sends, and forget it."""

    def pause_reading(self) -> None:
        """Take notice of nothing: what arrives is handed over by the test."""

    def resume_reading(self) -> None:
        """Take notice of nothing."""

    def is_closing(self) -> bool:
        """Tell whether it is closed."""
        return self.closed

    def close(self) -> None:
        """End the connection."""
        if not self.closed:
            self.closed = True
            self.protocol.connection_lost(None)


class UvicornSocket:
    """One socket of Uvicorn."""

    def __init__(self) -> None:
        """Shake hands as far as a client can."""
        self.app = Application()
        config = Config(self.app, lifespan="off", log_config=None, ws_max_size=100)
        config.load()
        self.protocol = WebSocketsSansIOProtocol(config, ServerState(), {})
        self.transport = PlainTransport(self.protocol)
        self.protocol.connection_made(self.transport)
        self.protocol.data_received(HANDSHAKE)
        self.facts = make_facts(server="uvicorn")

    async def accepted(self) -> UvicornSocket:
        """Have the application accept."""
        await until(lambda: hasattr(self.app, "send"))
        await self.app.send(ACCEPT)
        self.facts.accepted_at = 1.0
        return self

    async def testimony(self) -> tuple[Message, Facts]:
        """Return what Uvicorn told the application, and the facts after the witness was heard."""
        while (message := await self.app.receive())["type"] != "websocket.disconnect":
            pass
        facts = self.facts
        facts.received_end, facts.received_code = True, message["code"]
        facts.received_reason = message.get("reason")
        facts.evidence = witness_of(self.app.send).testify(facts)
        return message, facts


async def test_daphne__reason_of_the_clients_close_is_found() -> None:
    socket = await DaphneSocket().accepted()
    socket.protocol.dataReceived(close_frame(4001, "wäre gern weg"))
    socket.drop()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 4001}
    assert classify(facts) == Verdict(Cause.CLIENT_APPLICATION, 4001, "wäre gern weg")


async def test_daphne__close_frame_without_a_code() -> None:
    socket = await DaphneSocket().accepted()
    socket.protocol.dataReceived(frame(CLOSE))
    socket.drop()
    message, facts = await socket.testimony()
    assert message["code"] is None
    assert classify(facts) == Verdict(Cause.CLIENT_NO_STATUS, 1005)


async def test_daphne__dropped_by_its_peer() -> None:
    socket = await DaphneSocket().accepted()
    socket.drop()
    message, facts = await socket.testimony()
    assert (message["code"], facts.evidence.hint) == (1006, Hint.PEER_DROPPED)
    assert classify(facts) == Verdict(Cause.NETWORK_LOST, 1006)


async def test_daphne__peer_that_answers_no_ping() -> None:
    socket = await DaphneSocket().accepted()
    socket.protocol.onAutoPingTimeout()
    socket.drop()
    message, facts = await socket.testimony()
    assert (message["code"], facts.evidence.hint) == (1006, Hint.PING_TIMEOUT)
    assert classify(facts) == Verdict(Cause.HEARTBEAT_LOST, 1006, exact=False)


BAD_FRAMES = {
    "bad UTF-8": frame(TEXT, b"\xff\xfe"),
    "too big": frame(TEXT, b"x" * 101),
    "unmasked": frame(TEXT, b"hi", masked=False),
}


@pytest.mark.parametrize("data", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_daphne__frame_that_breaks_the_protocol(data: bytes) -> None:
    socket = await DaphneSocket().accepted()
    socket.protocol.dataReceived(data)
    socket.drop()
    message, facts = await socket.testimony()
    assert (message["code"], facts.evidence.hint) == (1006, Hint.PROTOCOL_FAILURE)
    assert classify(facts) == Verdict(Cause.PROTOCOL_ERROR, 1006)


async def test_daphne__its_own_connection_limit() -> None:
    socket = await DaphneSocket().accepted()
    socket.server.websocket_timeout = 0
    socket.protocol.check_timeouts()
    socket.protocol.dataReceived(close_frame(1000))
    socket.drop()
    message, facts = await socket.testimony()
    assert (message["code"], facts.evidence.hint) == (1000, Hint.CONNECTION_LIMIT)
    assert classify(facts) == Verdict(Cause.SERVER_TIMEOUT, 1000)


async def test_daphne__close_of_the_application_is_no_limit() -> None:
    socket = await DaphneSocket().accepted()
    await socket.app.send({"type": "websocket.close", "code": 4002})
    socket.facts.close_sent, socket.facts.sent_code = True, 4002
    socket.protocol.dataReceived(close_frame(4002))
    socket.drop()
    _, facts = await socket.testimony()
    assert facts.evidence.hint is not Hint.CONNECTION_LIMIT
    assert classify(facts) == Verdict(Cause.SERVER_APPLICATION, 4002)


@pytest.mark.parametrize("code", [1001, 1008, 1011, 1012, 1013])
async def test_daphne__refuses_codes_that_are_not_the_applications(code: int) -> None:
    socket = await DaphneSocket().accepted()
    with pytest.raises(Exception, match="close code"):
        await socket.app.send({"type": "websocket.close", "code": code})


async def test_daphne__handshake_that_daphne_gave_up() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.server.websocket_connect_timeout = -1
    socket.protocol.check_timeouts()
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (Hint.HANDSHAKE_LIMIT, "handshake_timeout")


async def test_daphne__accept_after_daphne_gave_up_is_too_late_and_no_departure_of_the_client() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.server.websocket_connect_timeout = -1
    socket.protocol.check_timeouts()
    await socket.app.send({"type": "websocket.accept"})
    socket.facts.accept_failed = True
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (Hint.HANDSHAKE_LIMIT, "handshake_timeout")


async def test_daphne__handshake_that_autobahn_gave_up() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.protocol.onOpenHandshakeTimeout()
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (Hint.HANDSHAKE_LIMIT, "handshake_timeout")


async def test_daphne__client_that_left_before_accept() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (None, "abandoned")


async def test_daphne__refusal_is_no_timeout() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    await socket.app.send({"type": "websocket.close"})
    socket.facts.refused = True
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (None, "rejected")


async def test_daphne__says_when_a_socket_is_gone() -> None:
    socket = await DaphneSocket().accepted()
    witness = witness_of(socket.app.send)
    assert not witness.gone()
    socket.protocol.onAutoPingTimeout()
    assert witness.gone()


async def test_daphne__accept_after_the_handshake_limit_makes_a_ghost() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    witness = witness_of(socket.app.send)
    socket.protocol.onOpenHandshakeTimeout()
    # What the capture asks before it passes an accept on.
    assert witness.gone()


async def test_uvicorn__clients_close() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.data_received(close_frame(4001, "why"))
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 4001, "reason": "why"}
    assert facts.evidence.hint is None
    assert classify(facts) == Verdict(Cause.CLIENT_APPLICATION, 4001, "why")


async def test_uvicorn__close_frame_without_a_code() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.data_received(frame(CLOSE))
    message, facts = await socket.testimony()
    assert (message["code"], message["reason"]) == (1005, "")
    assert classify(facts) == Verdict(Cause.CLIENT_NO_STATUS, 1005)


async def test_uvicorn__dropped_by_its_peer() -> None:
    socket = await UvicornSocket().accepted()
    socket.transport.close()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 1005}
    assert facts.evidence.hint is Hint.PEER_DROPPED
    assert classify(facts) == Verdict(Cause.NETWORK_LOST, 1006)


async def test_uvicorn__peer_that_answers_no_ping() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.keepalive_timeout()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 1005}
    assert facts.evidence.hint is Hint.PING_TIMEOUT
    assert classify(facts) == Verdict(Cause.HEARTBEAT_LOST, 1006, exact=False)


@pytest.mark.parametrize(("bad", "code"), [("bad UTF-8", 1007), ("too big", 1009), ("unmasked", 1002)])
async def test_uvicorn__frame_that_breaks_the_protocol(bad: str, code: int) -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.data_received(BAD_FRAMES[bad])
    message, facts = await socket.testimony()
    assert message["code"] == code
    assert classify(facts).cause == "protocol_error"


async def test_uvicorn__stop_of_the_server() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.shutdown()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 1012}
    assert classify(facts) == Verdict(Cause.SERVER_SHUTDOWN, 1012)


async def test_uvicorn__stop_of_the_server_in_a_handshake() -> None:
    socket = UvicornSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.protocol.shutdown()
    _, facts = await socket.testimony()
    assert classify(facts).cause == "server_shutdown"


async def test_uvicorn__client_that_left_before_accept() -> None:
    socket = UvicornSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.transport.close()
    _, facts = await socket.testimony()
    assert classify(facts).cause == "abandoned"


def bare(owner: type) -> Any:  # noqa: ANN401 - an object without any of its attributes
    """Return an object of a class that was never begun, as of a version that keeps other attributes."""
    return object.__new__(owner)


def test_witness__of_a_daphne_that_hides_everything_knows_nothing() -> None:
    witness = DaphneWitness(object())
    facts = make_facts(accepted_at=1.0, received_end=True, received_code=1006)
    facts.evidence = witness.testify(facts)
    assert not witness.gone()
    assert facts.evidence.hint is Hint.PEER_DROPPED


def test_witness__of_a_uvicorn_that_hides_everything_knows_nothing() -> None:
    facts = make_facts(accepted_at=1.0, received_code=1000)
    facts.evidence = UvicornWitness(bare(WebSocketsSansIOProtocol)).testify(facts)
    assert facts.evidence.hint is None


def test_witness_of__each_server() -> None:
    daphne, uvicorn = bare(WebSocketProtocol), bare(WebSocketsSansIOProtocol)
    assert isinstance(witness_of(functools.partial(print, daphne)), DaphneWitness)
    assert isinstance(witness_of(uvicorn.send), UvicornWitness)


@pytest.mark.parametrize(
    "send", [print, functools.partial(print), functools.partial(print, "a"), Application().__call__]
)
def test_witness_of__an_unknown_server_knows_nothing_and_says_so(send: Any) -> None:  # noqa: ANN401
    witness = witness_of(send)
    facts = make_facts(accepted_at=1.0, received_end=True)
    facts.evidence = witness.testify(facts)
    assert type(witness) is Witness
    assert (witness.server, witness.gone(), witness.keeps_zombies, facts.evidence.hint) == ("", False, False, None)
