"""What is read from a handshake: little, cleaned, and never a secret."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from lifecycle.capture.handshake import facts_from
from lifecycle.text import clean
from tests.asgi import scope


def client_ip(settings: Settings, policy: str, client: object) -> str | None:
    """Return the address that is kept of a client."""
    settings.LIFECYCLE = {"CLIENT_IP": policy}
    return facts_from(scope(client=client)).handshake.client_ip


@pytest.mark.parametrize(
    ("policy", "address", "kept"),
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
def test_client_ip__is_kept_as_the_privacy_setting_allows(
    settings: Settings, policy: str, address: str, kept: str | None
) -> None:
    assert client_ip(settings, policy, [address, 50_000]) == kept


@pytest.mark.parametrize("client", [None, []], ids=["none", "empty"])
def test_client_ip__of_no_client_is_none(settings: Settings, client: object) -> None:
    assert client_ip(settings, "full", client) is None


def test_facts__of_a_handshake() -> None:
    headers = [(b"user-agent", b"Mozilla/5.0"), (b"origin", b"https://app.example"), (b"cookie", b"sessionid=1")]
    told = scope("/ws/chat/blue/", headers=headers)
    facts = facts_from(told)
    asked = facts.handshake
    assert (asked.path, asked.user_agent, asked.origin) == (
        "/ws/chat/blue/",
        "Mozilla/5.0",
        "https://app.example",
    )
    assert (facts.route.endpoint, facts.accepted, facts.ended) == ("unmatched", False, False)
    assert facts.handshake.server_scope is told


def test_facts__of_the_barest_scope() -> None:
    facts = facts_from({"type": "websocket"})
    asked = facts.handshake
    assert (asked.path, asked.user_agent, asked.origin, asked.client_ip) == ("", "", "", None)


def texts_of(facts: Any) -> str:  # noqa: ANN401 - any facts
    """Return all that would be recorded of facts, as text."""
    facts.handshake.server_scope = None
    return repr(facts)


def test_facts__hold_no_secret() -> None:
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


def test_user_agent__of_any_bytes_is_text() -> None:
    facts = facts_from(scope(headers=[(b"user-agent", b"caf\xe9\x00")]))
    assert facts.handshake.user_agent == "café\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("text", "kept"),
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
def test_clean__is_what_every_database_keeps(text: str | None, kept: str) -> None:
    assert clean(text, 8) == kept
