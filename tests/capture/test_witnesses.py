"""Witnesses: evidence from the servers' own protocol objects.

The tests use the real protocol objects of Daphne and Uvicorn, on transports without a network. Both receive the
handshake and the frames of a client as bytes.
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
from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from uvicorn.server import ServerState

from lifecycle.capture.daphne_witness import DaphneWitness
from lifecycle.capture.uvicorn_witnesses import SansIOWitness
from lifecycle.capture.witness import Witness
from lifecycle.capture.witnesses import witness_for, witness_of
from lifecycle.capture.ws_option_witnesses import WebSocketsWitness, WSProtoWitness
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.classify import classify
from lifecycle.verdict.facts import Facts, Hint
from lifecycle.verdict.implementations import DAPHNE, UNKNOWN, UVICORN_SANSIO
from tests.asgi import ACCEPT, Message, Receive, Send, until
from tests.factories import make_facts

HANDSHAKE = (
    b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TEXT, CLOSE = 0x1, 0x8


def frame(kind: int, payload: bytes = b"", masked: bool = True) -> bytes:
    """Return a client's frame (RFC 6455 section 5.2); its masking key is zero, so the payload is unchanged."""
    head = bytes([0x80 | kind, (0x80 if masked else 0) | len(payload)])
    return head + (b"\0\0\0\0" if masked else b"") + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a client's close frame."""
    return frame(CLOSE, struct.pack("!H", code) + reason.encode())


class Application:
    """An ASGI application that only stores its ``receive`` and ``send``."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Store the callables of the socket, and wait until the test is over."""
        self.receive, self.send = receive, send
        await self.over.wait()


class TwistedTransport(StringTransport):
    """A transport without a network; like Twisted's own, it accepts a missing producer."""

    def unregisterProducer(self) -> None:
        """Remove the producer, if there is one."""
        self.producer = None


class DaphneSocket:
    """One socket of Daphne, after the client has sent its handshake."""

    def __init__(self) -> None:
        self.app = Application()
        self.server = DaphneServer(self.app, ["tcp:0"])
        self.server.connections = {}
        factory = WebSocketFactory(self.server, server="Daphne")
        factory.setProtocolOptions(autoPingTimeout=30, maxMessagePayloadSize=100)
        self.protocol = factory.buildProtocol(IPv4Address("TCP", "127.0.0.1", 50_000))
        self.protocol._raw_query_string = b""
        self.protocol.makeConnection(TwistedTransport())
        self.protocol.dataReceived(HANDSHAKE)
        self.facts = make_facts(implementation=DAPHNE)

    async def accepted(self) -> DaphneSocket:
        """Make the application accept; return this socket."""
        await until(lambda: hasattr(self.app, "send"))
        await self.app.send(ACCEPT)
        self.facts.accepted_at = 1.0
        assert self.protocol.state == self.protocol.STATE_OPEN
        return self

    def drop(self) -> None:
        """Report the end of the TCP connection to the protocol object."""
        self.protocol.connectionLost(Failure(ConnectionDone()))

    async def testimony(self) -> tuple[Message, Facts]:
        """Return the disconnect message from Daphne, and the facts with the evidence of the witness."""
        while (message := await self.app.receive())["type"] != "websocket.disconnect":
            pass
        self.facts.received_end, self.facts.received_code = True, message["code"]
        self.facts.evidence = witness_of(self.app.send).testify(self.facts)
        return message, self.facts


class PlainTransport(asyncio.Transport):
    """A transport without a network; it ends when the server closes it."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self.protocol, self.closed = protocol, False

    def write(self, data: object) -> None:
        """Discard data from the server."""

    def pause_reading(self) -> None:
        """Do nothing: the tests pass data to the protocol directly."""

    def resume_reading(self) -> None:
        """Do nothing."""

    def is_closing(self) -> bool:
        """Return whether the transport is closed."""
        return self.closed

    def close(self) -> None:
        """End the connection."""
        if not self.closed:
            self.closed = True
            self.protocol.connection_lost(None)


class UvicornSocket:
    """One socket of Uvicorn, after the client has sent its handshake."""

    def __init__(self) -> None:
        self.app = Application()
        config = Config(self.app, lifespan="off", log_config=None, ws_max_size=100)
        config.load()
        self.protocol = WebSocketsSansIOProtocol(config, ServerState(), {})
        self.transport = PlainTransport(self.protocol)
        self.protocol.connection_made(self.transport)
        self.protocol.data_received(HANDSHAKE)
        self.facts = make_facts(implementation=UVICORN_SANSIO)

    async def accepted(self) -> UvicornSocket:
        """Make the application accept; return this socket."""
        await until(lambda: hasattr(self.app, "send"))
        await self.app.send(ACCEPT)
        self.facts.accepted_at = 1.0
        return self

    async def testimony(self) -> tuple[Message, Facts]:
        """Return the disconnect message from Uvicorn, and the facts with the evidence of the witness."""
        while (message := await self.app.receive())["type"] != "websocket.disconnect":
            pass
        facts = self.facts
        facts.received_end, facts.received_code = True, message["code"]
        facts.received_reason = message.get("reason")
        facts.evidence = witness_of(self.app.send).testify(facts)
        return message, facts


async def test_daphne__finds_the_reason_of_the_clients_close() -> None:
    socket = await DaphneSocket().accepted()
    socket.protocol.dataReceived(close_frame(4001, "wäre gern weg"))
    socket.drop()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 4001}
    assert classify(facts) == Verdict(Cause.CLIENT_APPLICATION, 4001, "wäre gern weg")


async def test_daphne__close_frame_without_a_code_is_client_no_status() -> None:
    socket = await DaphneSocket().accepted()
    socket.protocol.dataReceived(frame(CLOSE))
    socket.drop()
    message, facts = await socket.testimony()
    assert message["code"] is None
    assert classify(facts) == Verdict(Cause.CLIENT_NO_STATUS, 1005)


async def test_daphne__dropped_connection_is_network_lost() -> None:
    socket = await DaphneSocket().accepted()
    socket.drop()
    message, facts = await socket.testimony()
    assert (message["code"], facts.evidence.hint) == (1006, Hint.PEER_DROPPED)
    assert classify(facts) == Verdict(Cause.NETWORK_LOST, 1006)


async def test_daphne__unanswered_ping_is_heartbeat_lost() -> None:
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
async def test_daphne__bad_frame_is_protocol_error(data: bytes) -> None:
    socket = await DaphneSocket().accepted()
    socket.protocol.dataReceived(data)
    socket.drop()
    message, facts = await socket.testimony()
    assert (message["code"], facts.evidence.hint) == (1006, Hint.PROTOCOL_FAILURE)
    assert classify(facts) == Verdict(Cause.PROTOCOL_ERROR, 1006)


async def test_daphne__connection_time_limit_is_server_timeout() -> None:
    socket = await DaphneSocket().accepted()
    socket.server.websocket_timeout = 0
    socket.protocol.check_timeouts()
    socket.protocol.dataReceived(close_frame(1000))
    socket.drop()
    message, facts = await socket.testimony()
    assert (message["code"], facts.evidence.hint) == (1000, Hint.CONNECTION_LIMIT)
    assert classify(facts) == Verdict(Cause.SERVER_TIMEOUT, 1000)


async def test_daphne__close_by_the_application_is_not_the_time_limit() -> None:
    socket = await DaphneSocket().accepted()
    await socket.app.send({"type": "websocket.close", "code": 4002})
    socket.facts.close_sent, socket.facts.sent_code = True, 4002
    socket.protocol.dataReceived(close_frame(4002))
    socket.drop()
    _, facts = await socket.testimony()
    assert facts.evidence.hint is not Hint.CONNECTION_LIMIT
    assert classify(facts) == Verdict(Cause.SERVER_APPLICATION, 4002)


@pytest.mark.parametrize("code", [1001, 1008, 1011, 1012, 1013])
async def test_daphne__refuses_close_codes_reserved_for_servers(code: int) -> None:
    socket = await DaphneSocket().accepted()
    with pytest.raises(Exception, match="close code"):
        await socket.app.send({"type": "websocket.close", "code": code})


async def test_daphne__timeout_of_daphne_in_the_handshake_is_handshake_timeout() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.server.websocket_connect_timeout = -1
    socket.protocol.check_timeouts()
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (Hint.HANDSHAKE_LIMIT, "handshake_timeout")


async def test_daphne__accept_after_the_timeout_of_daphne_is_handshake_timeout() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.server.websocket_connect_timeout = -1
    socket.protocol.check_timeouts()
    await socket.app.send({"type": "websocket.accept"})
    socket.facts.accept_failed = True
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (Hint.HANDSHAKE_LIMIT, "handshake_timeout")


async def test_daphne__timeout_of_autobahn_in_the_handshake_is_handshake_timeout() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.protocol.onOpenHandshakeTimeout()
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (Hint.HANDSHAKE_LIMIT, "handshake_timeout")


async def test_daphne__client_that_left_before_the_accept_is_abandoned() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (None, "abandoned")


async def test_daphne__refusal_is_not_a_timeout() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    await socket.app.send({"type": "websocket.close"})
    socket.facts.refused = True
    socket.drop()
    _, facts = await socket.testimony()
    assert (facts.evidence.hint, classify(facts).cause) == (None, "rejected")


async def test_daphne__socket_is_gone_after_a_ping_timeout() -> None:
    socket = await DaphneSocket().accepted()
    witness = witness_of(socket.app.send)
    assert not witness.gone()
    socket.protocol.onAutoPingTimeout()
    assert witness.gone()


async def test_daphne__socket_is_gone_after_the_handshake_limit() -> None:
    socket = DaphneSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    witness = witness_of(socket.app.send)
    socket.protocol.onOpenHandshakeTimeout()
    # ``WatchedSocket.accept`` asks this before it passes the accept to the server.
    assert witness.gone()


async def test_uvicorn__close_of_the_client_is_client_application() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.data_received(close_frame(4001, "why"))
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 4001, "reason": "why"}
    assert facts.evidence.hint is Hint.CLIENT_CLOSED
    assert classify(facts) == Verdict(Cause.CLIENT_APPLICATION, 4001, "why")


async def test_uvicorn__close_frame_without_a_code_is_client_no_status() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.data_received(frame(CLOSE))
    message, facts = await socket.testimony()
    assert (message["code"], message["reason"]) == (1005, "")
    assert classify(facts) == Verdict(Cause.CLIENT_NO_STATUS, 1005)


async def test_uvicorn__dropped_connection_is_network_lost() -> None:
    socket = await UvicornSocket().accepted()
    socket.transport.close()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 1005}
    assert facts.evidence.hint is Hint.PEER_DROPPED
    assert classify(facts) == Verdict(Cause.NETWORK_LOST, 1006)


async def test_uvicorn__unanswered_ping_is_heartbeat_lost() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.keepalive_timeout()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 1005}
    assert facts.evidence.hint is Hint.PING_TIMEOUT
    assert classify(facts) == Verdict(Cause.HEARTBEAT_LOST, 1006, exact=False)


@pytest.mark.parametrize(("bad", "code"), [("bad UTF-8", 1007), ("too big", 1009), ("unmasked", 1002)])
async def test_uvicorn__bad_frame_is_protocol_error(bad: str, code: int) -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.data_received(BAD_FRAMES[bad])
    message, facts = await socket.testimony()
    assert message["code"] == code
    assert classify(facts).cause == "protocol_error"


async def test_uvicorn__shutdown_is_server_shutdown() -> None:
    socket = await UvicornSocket().accepted()
    socket.protocol.shutdown()
    message, facts = await socket.testimony()
    assert message == {"type": "websocket.disconnect", "code": 1012}
    assert classify(facts) == Verdict(Cause.SERVER_SHUTDOWN, 1012)


async def test_uvicorn__shutdown_during_a_handshake_is_server_shutdown() -> None:
    socket = UvicornSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.protocol.shutdown()
    _, facts = await socket.testimony()
    assert classify(facts).cause == "server_shutdown"


async def test_uvicorn__client_that_left_before_the_accept_is_abandoned() -> None:
    socket = UvicornSocket()
    await until(lambda: hasattr(socket.app, "receive"))
    socket.transport.close()
    _, facts = await socket.testimony()
    assert classify(facts).cause == "abandoned"


def bare(owner: type) -> Any:  # noqa: ANN401 - an instance of the class
    """Return an instance of a class without its attributes, as if another version had renamed them."""
    return object.__new__(owner)


def test_daphne__protocol_object_without_known_attributes_gives_only_the_default_hint() -> None:
    witness = DaphneWitness(object())
    facts = make_facts(accepted_at=1.0, received_end=True, received_code=1006)
    facts.evidence = witness.testify(facts)
    assert not witness.gone()
    assert facts.evidence.hint is Hint.PEER_DROPPED


@pytest.mark.parametrize("reason", [None, ""], ids=["without a reason", "with a reason"])
@pytest.mark.parametrize("witness", [SansIOWitness, WebSocketsWitness, WSProtoWitness])
def test_uvicorn__protocol_object_without_known_attributes_gives_no_hint(
    witness: type[Witness], reason: str | None
) -> None:
    facts = make_facts(accepted_at=1.0, received_end=True, received_code=1006, received_reason=reason)
    facts.evidence = witness(object()).testify(facts)
    assert facts.evidence.hint is None
    assert classify(facts).exact is False


@pytest.mark.parametrize("witness", [SansIOWitness, WebSocketsWitness, WSProtoWitness])
def test_uvicorn__protocol_object_without_known_attributes_leaves_a_handshake_abandoned(
    witness: type[Witness],
) -> None:
    facts = make_facts(received_end=True, received_code=1006)
    facts.evidence = witness(object()).testify(facts)
    assert classify(facts).cause == "abandoned"


def test_witness_of__finds_the_witness_of_each_server() -> None:
    daphne, uvicorn = bare(WebSocketProtocol), bare(WebSocketsSansIOProtocol)
    assert isinstance(witness_of(functools.partial(print, daphne)), DaphneWitness)
    assert isinstance(witness_of(uvicorn.send), SansIOWitness)
    assert isinstance(witness_of(bare(WSProtocol).send), WSProtoWitness)


def test_witness_for__reads_from_the_protocol_object() -> None:
    protocol = bare(WSProtocol)
    assert witness_for(protocol).protocol is protocol


@pytest.mark.parametrize(
    "send", [print, functools.partial(print), functools.partial(print, "a"), Application().__call__]
)
def test_witness_of__unknown_server_gives_no_evidence(send: Any) -> None:  # noqa: ANN401
    witness = witness_of(send)
    facts = make_facts(accepted_at=1.0, received_end=True)
    facts.evidence = witness.testify(facts)
    assert type(witness) is Witness
    assert (witness.gone(), witness.keeps_zombies, witness.tolerates_pending_receive) == (False, False, False)
    assert facts.evidence == (UNKNOWN, None, None, None)
