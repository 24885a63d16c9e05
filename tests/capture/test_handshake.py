"""The facts that are read from a handshake: few, cleaned, and never secret."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from lifecycle.capture.handshake import facts_from
from lifecycle.text import clean
from tests.asgi import scope


def client_ip(settings: Settings, policy: str, client: object) -> str | None:
    """Return the recorded address of a client."""
    settings.LIFECYCLE = {"CLIENT_IP": policy}
    return facts_from(scope(client=client)).handshake.client_ip


@pytest.mark.parametrize(
    ("policy", "address", "expected"),
    [
        ("full", "192.0.2.123", "192.0.2.123"),
        ("full", "2001:db8:1:2::3", "2001:db8:1:2::3"),
        ("full", "fe80::1%eth0", "fe80::1"),
        ("full", "/run/daphne.sock", None),
        ("full", "", None),
        ("masked", "192.0.2.123", "192.0.2.0"),
        ("masked", "2001:db8:1:2::3", "2001:db8:1::"),
        ("masked", "fe80::1%eth0", "fe80::"),
        ("masked", "/run/daphne.sock", None),
        ("masked", "::ffff:192.0.2.123", "192.0.2.0"),
        ("full", "::ffff:192.0.2.123", "192.0.2.123"),
        ("none", "192.0.2.123", None),
    ],
)
def test_client_ip__follows_the_privacy_setting(
    settings: Settings, policy: str, address: str, expected: str | None
) -> None:
    assert client_ip(settings, policy, [address, 50_000]) == expected


@pytest.mark.parametrize("client", [None, []], ids=["none", "empty"])
def test_client_ip__without_a_client_is_none(settings: Settings, client: object) -> None:
    assert client_ip(settings, "full", client) is None


def test_facts__contain_path_user_agent_and_origin() -> None:
    headers = [(b"user-agent", b"Mozilla/5.0"), (b"origin", b"https://app.example"), (b"cookie", b"sessionid=1")]
    server_scope = scope("/ws/chat/blue/", headers=headers)
    facts = facts_from(server_scope)
    handshake = facts.handshake
    assert (handshake.path, handshake.user_agent, handshake.origin) == (
        "/ws/chat/blue/",
        "Mozilla/5.0",
        "https://app.example",
    )
    assert (facts.route.endpoint, facts.accepted, facts.ended) == ("unmatched", False, False)
    assert facts.handshake.server_scope is server_scope


def test_facts__are_empty_without_the_optional_keys() -> None:
    facts = facts_from({"type": "websocket"})
    handshake = facts.handshake
    assert (handshake.path, handshake.user_agent, handshake.origin, handshake.client_ip) == ("", "", "", None)


def texts_of(facts: Any) -> str:  # noqa: ANN401 - any facts
    """Return all recorded facts as text."""
    facts.handshake.server_scope = None
    return repr(facts)


def test_facts__contain_no_secrets() -> None:
    headers = [
        (b"cookie", b"sessionid=secret"),
        (b"authorization", b"Bearer secret"),
        (b"sec-websocket-protocol", b"lifecycle.token.secret"),
        (b"origin", b"https://app.example?token=secret"),
    ]
    facts = facts_from(scope("/ws/", headers=headers, query_string=b"token=secret"))
    assert "secret" not in texts_of(facts)
    assert facts.handshake.origin == "https://app.example"


@pytest.mark.parametrize(("name", "limit"), [("path", 512), ("user_agent", 256), ("origin", 256)])
def test_facts__fit_their_columns(name: str, limit: int) -> None:
    long = "x" * 1000
    headers = [(b"user-agent", long.encode()), (b"origin", long.encode())]
    assert len(getattr(facts_from(scope("/" + long, headers=headers)).handshake, name)) == limit


def test_user_agent__with_invalid_bytes_is_recorded_as_clean_text() -> None:
    facts = facts_from(scope(headers=[(b"user-agent", b"caf\xe9\x00")]))
    assert facts.handshake.user_agent == "café\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        (None, ""),
        ("a\x00b", "a\N{REPLACEMENT CHARACTER}b"),
        ("half \ud83d", "half ?"),
        ("ünïcode", "ünïcode"),
        ("much too long", "much too"),
    ],
)
def test_clean__returns_text_that_every_database_accepts(text: str | None, expected: str) -> None:
    assert clean(text, 8) == expected
