"""The client's address, behind trusted and untrusted proxies."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from lifecycle.capture.addresses import client_ip
from tests.asgi import scope

CLIENT, PROXY, EDGE = "203.0.113.9", "10.0.0.1", "10.0.0.2"


def recorded_address(
    settings: Settings, peer: str, forwarded: str, header: str = "X-Forwarded-For", **more_settings: object
) -> str | None:
    """Return the client address that is recorded for a handshake with a forwarding header."""
    settings.LIFECYCLE = {
        "TRUSTED_PROXIES": ["10.0.0.0/8", "2001:db8::1"],
        "FORWARDED_HEADER": header,
        **more_settings,
    }
    headers = [(header.lower().encode(), forwarded.encode())]
    return client_ip(scope(client=[peer, 50_000], headers=headers))


CHAINS = {
    "one proxy": (PROXY, CLIENT, CLIENT),
    "two proxies": (PROXY, f"{CLIENT}, {EDGE}", CLIENT),
    "address forged by the client": (PROXY, f"192.0.2.66, {CLIENT}, {EDGE}", CLIENT),
    "untrusted peer": (CLIENT, "192.0.2.66", CLIENT),
    "IPv6 proxy": ("2001:db8::1", CLIENT, CLIENT),
    "with a port": (PROXY, f"{CLIENT}:4711", CLIENT),
    "IPv6 with a port": (PROXY, "[2001:db8::9]:4711", "2001:db8::9"),
    "only proxies": (PROXY, EDGE, EDGE),
    "no header": (PROXY, "", None),
    "no address in the header": (PROXY, "unknown", None),
}


@pytest.mark.parametrize(("peer", "forwarded", "expected"), CHAINS.values(), ids=CHAINS)
def test_client_ip__is_the_last_address_that_is_not_a_trusted_proxy(
    settings: Settings, peer: str, forwarded: str, expected: str | None
) -> None:
    assert recorded_address(settings, peer, forwarded) == expected


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (f"for={CLIENT}", CLIENT),
        (f'for="{CLIENT}:4711";proto=https, for={EDGE}', CLIENT),
        ('proto=https;For="[2001:db8::9]:4711"', "2001:db8::9"),
        ("for=_hidden", None),
    ],
)
def test_client_ip__reads_the_forwarded_header_of_rfc_7239(
    settings: Settings, forwarded: str, expected: str | None
) -> None:
    assert recorded_address(settings, PROXY, forwarded, "Forwarded") == expected


def test_client_ip__reads_only_the_configured_header(settings: Settings) -> None:
    settings.LIFECYCLE = {"TRUSTED_PROXIES": [PROXY], "FORWARDED_HEADER": "Forwarded"}
    headers = [(b"x-forwarded-for", b"192.0.2.66")]
    assert client_ip(scope(client=[PROXY, 1], headers=headers)) == PROXY


def test_client_ip__without_trusted_proxies_is_the_address_of_the_peer(settings: Settings) -> None:
    assert recorded_address(settings, PROXY, CLIENT, TRUSTED_PROXIES=()) == PROXY


def test_client_ip__behind_a_unix_socket_is_read_only_if_unix_is_trusted(settings: Settings) -> None:
    headers = [(b"x-forwarded-for", CLIENT.encode())]
    settings.LIFECYCLE = {"TRUSTED_PROXIES": ["unix"]}
    assert client_ip(scope(client=None, headers=headers)) == CLIENT
    settings.LIFECYCLE = {"TRUSTED_PROXIES": []}
    assert client_ip(scope(client=None, headers=headers)) is None


@pytest.mark.parametrize(("policy", "expected"), [("masked", "203.0.113.0"), ("none", None)])
def test_client_ip__behind_a_proxy_follows_the_privacy_setting(
    settings: Settings, policy: str, expected: str | None
) -> None:
    assert recorded_address(settings, PROXY, CLIENT, CLIENT_IP=policy) == expected
