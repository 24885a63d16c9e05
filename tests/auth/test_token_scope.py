"""Tests of the removal of tokens from handshakes."""

from __future__ import annotations

import pytest

from lifecycle.auth.token_scope import HELD, HeldToken, hold_token
from tests.auth.handshakes import handshake
from tests.factories import make_facts


@pytest.mark.parametrize(
    ("query", "left"),
    [
        (b"token=T", b""),
        (b"a=1&token=T&b=2", b"a=1&b=2"),
        (b"token=T&token=U", b""),
        (b"%74oken=T&a", b"a"),
    ],
)
def test_hold_token__from_the_query_string(query: bytes, left: bytes) -> None:
    scope = handshake(query=query)
    assert hold_token(scope) == HeldToken("T")
    assert scope["query_string"] == left


@pytest.mark.parametrize("query", [b"", b"tokens=T", b"a=token", b"Token=T"])
def test_hold_token__without_a_token_in_the_query_string(query: bytes) -> None:
    scope = handshake(query=query)
    assert hold_token(scope) is None
    assert scope == handshake(query=query) | {HELD: None}


def test_hold_token__from_the_subprotocols_and_their_header() -> None:
    scope = handshake("T", subprotocols=("chat", "lifecycle.v1"))
    assert hold_token(scope) == HeldToken("T")
    assert scope["subprotocols"] == ["chat", "lifecycle.v1"]
    assert scope["headers"] == [(b"host", b"good.example"), (b"sec-websocket-protocol", b"chat, lifecycle.v1")]


def test_hold_token__leaves_no_empty_header() -> None:
    scope = handshake("T")
    hold_token(scope)
    assert scope["headers"] == [(b"host", b"good.example")]


def test_hold_token__from_a_percent_encoded_subprotocol() -> None:
    scope = handshake(subprotocols=("token%2ET",))
    assert hold_token(scope) == HeldToken("T")
    assert scope["headers"] == [(b"host", b"good.example")]


def test_hold_token__removes_it_from_the_servers_scope() -> None:
    server = handshake("T", query=b"token=T&a=1")
    scope = {**server, "lifecycle": make_facts(server_scope=server)}
    hold_token(scope)
    assert server == handshake(query=b"a=1")


def test_hold_token__second_call_returns_the_same_token() -> None:
    scope = handshake("T")
    assert hold_token(scope) is hold_token(scope)


def test_held_token__is_not_in_the_repr_of_the_scope() -> None:
    scope = handshake("very-secret", query=b"token=very-secret")
    hold_token(scope)
    assert "very-secret" not in repr(scope)
