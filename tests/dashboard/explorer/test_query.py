"""Each filter finds exactly its connections."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.endpoints import SOCKET_ROUTE
from dashboard.explorer.filters import Filters, parse
from dashboard.explorer.paging import read_page
from dashboard.explorer.query import search_for
from lifecycle.models import Connection, ServerProcess
from lifecycle.search import walk
from lifecycle.server import extensions
from tests.factories import connection_row, process_row

pytestmark = pytest.mark.django_db
NOW = timezone.now()
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36 Edg/142.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1 Version/26.0 Safari/604.1"


@pytest.fixture(params=["read as a whole", "walked"], autouse=True)
def small_or_large(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run each test twice: with conditions that match few rows, and with small steps."""
    if request.param == "walked":
        monkeypatch.setattr(walk, "FEW", -1)
        monkeypatch.setattr(walk, "FIRST_STEP", 1)


def found(filters: Filters) -> list[Connection]:
    """Return all connections that meet the filters."""
    return read_page(search_for(filters, NOW), seconds=60).rows


def ids(rows: list[Connection]) -> set[UUID]:
    return {UUID(str(row.pk)) for row in rows}


@pytest.fixture
def process() -> ServerProcess:
    """Return the process of the special connection."""
    return process_row(host="web-7", pid=77, release="2026.1", started_at=NOW - timedelta(hours=2))


@pytest.fixture
def special(process: ServerProcess) -> Connection:
    """Return a connection that differs from the others in every column."""
    return connection_row(
        id=UUID("01990000-0000-7000-8000-00000000abcd"), endpoint="ws/chat/<str:room>/", path="/ws/chat/lobby/",
        user=User.objects.create_user("anna"), client_ip="203.0.113.7", tab_id="tab-1", user_agent=FIREFOX,
        cause="network_lost", close_code=1006, process=process, exception="shop.errors.OutOfStock",
        opened_at=NOW - timedelta(hours=1), closed_at=NOW - timedelta(minutes=50),
    )  # fmt: skip


@pytest.fixture
def others() -> list[Connection]:
    """Return other connections: closed, open and refused."""
    other = process_row(host="web-8", pid=77, release="2026.2", started_at=NOW - timedelta(days=9))
    common = {"client_ip": "198.51.100.1", "user_agent": EDGE, "process": other}
    still = {"state": "open", "closed_at": None, "close_code": None, "cause": ""}
    refused = {
        "state": "rejected",
        "accepted_at": None,
        "close_code": None,
        "cause": "rejected",
        "sent_code": 4401,
    }
    return [
        connection_row(**common, opened_at=NOW - timedelta(minutes=5)),
        connection_row(**common, **still, opened_at=NOW - timedelta(minutes=4)),
        connection_row(**common | {"user_agent": SAFARI}, **refused, opened_at=NOW - timedelta(days=8)),
    ]


@pytest.mark.parametrize(
    "query",
    [
        {"endpoint": "ws/chat/<str:room>/"},
        {"endpoint": "ws/chat/<str:room>/", "state": "closed"},
        {"cause": "network_lost"},
        {"abnormal": "yes", "state": "closed"},
        {"code": "1006"},
        {"initiator": "network"},
        {"process": "web-7:77"},
        {"release": "2026.1"},
        {"release": "2026.1", "process": "web-7:77"},
        {"user": "anna"},
        {"ip": "203.0.113.7"},
        {"ip": "203.0.113.0/24"},
        {"ip": "203.0.112.0/20"},
        {"ip": "203.0."},
        {"browser": "firefox"},
        {"os": "linux"},
        {"tab": "tab-1"},
        {"exception": "shop.errors.OutOfStock"},
        {"exception": "OutOfStock"},
        {"min_duration": "9m", "state": "closed"},
        {"since": "61m", "until": "59m"},
        {"since": "61m", "until": "59m", "user": "anna", "tab": "tab-1", "q": "lobby"},
        {"q": "01990000-0000-7000-8000-00000000abcd"},
        {"q": "01990000"},
        {"q": "00000000abcd"},
        {"q": "ann"},
        {"q": "Anna"},
        {"q": "tab-1"},
        {"q": "203.0.113.7"},
        {"q": "203.0.113.0/24"},
        {"q": "LOBBY"},
        {"q": "<str:room>"},
        {"q": "anna 203.0. lobby"},
        {"q": "text:lobby"},
        {"q": "user:anna"},
    ],
    ids=str,
)
def test_filters__find_exactly_their_connection(
    special: Connection, others: list[Connection], query: dict[str, str]
) -> None:
    assert ids(found(parse(query.items(), NOW))) == ids([special])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, {0, 1, 2}),
        ({"state": "open"}, {1}),
        ({"state": "rejected"}, {2}),
        ({"abnormal": "yes"}, {2}),
        ({"abnormal": "no"}, {0}),
        ({"code": "4401"}, {2}),
        ({"code": "1000"}, {0}),
        ({"code": "none"}, set()),
        ({"code": "65535"}, set()),
        ({"browser": "edge"}, {0, 1}),
        ({"browser": "chrome"}, set()),
        ({"browser": "safari"}, {2}),
        ({"browser": "other"}, set()),
        ({"browser": "none"}, set()),
        ({"os": "ios"}, {2}),
        ({"os": "macos"}, set()),
        ({"min_duration": "1m"}, {1}),
        ({"max_duration": "1m"}, {0}),
        ({"since": "1d"}, {0, 1}),
        ({"until": "1d"}, {2}),
        ({"user": "nobody"}, set()),
        ({"process": "web-9:1"}, set()),
        ({"ip": "198.51.100.1"}, {0, 1, 2}),
        ({"ip": "0.0.0.0/0"}, {0, 1, 2}),
        ({"ip": "2001:db8::/32"}, set()),
        ({"q": "%"}, set()),
        ({"q": "zzz"}, set()),
        ({"q": "deadbeef"}, set()),
        ({"q": "tab:tab-1"}, set()),
        ({"q": "ip:nonsense"}, set()),
        ({"exception": "OutOfStock"}, set()),
    ],
    ids=str,
)
def test_filters__find_these_of_the_others(
    others: list[Connection], query: dict[str, str], expected: set[int]
) -> None:
    assert ids(found(parse(query.items(), NOW))) == ids([others[number] for number in expected])


def test_user__is_found_by_id_also_after_the_user_was_deleted(
    special: Connection, others: list[Connection]
) -> None:
    key = special.user_id
    assert ids(found(Filters(user=str(key)))) == ids([special])
    User.objects.all().delete()
    assert ids(found(Filters(user=str(key)))) == ids([special])


def test_process__is_found_by_id(special: Connection, others: list[Connection]) -> None:
    assert ids(found(Filters(process=str(special.process_id)))) == ids([special])


IPV6 = {
    "2001:db8::/32": {"2001:db8::7", "2001:db8:0:5::7", "2001:db8:1:2:3:4:5:6"},
    "2001:db8:0:5::/64": {"2001:db8:0:5::7"},
    "2001:db8::/64": {"2001:db8::7"},
    "2001:db8:1::/49": {"2001:db8:1:2:3:4:5:6"},
    "2001:db8:1:2:3:4:5:6/128": {"2001:db8:1:2:3:4:5:6"},
    "::/0": {"2001:db8::7", "2001:db8:0:5::7", "2001:db8:1:2:3:4:5:6", "2001:dead::1"},
}


@pytest.mark.parametrize("network", IPV6)
def test_ip__finds_networks_of_ipv6(others: list[Connection], network: str) -> None:
    for address in IPV6["::/0"]:
        connection_row(client_ip=address, opened_at=NOW - timedelta(minutes=1))
    assert {row.client_ip for row in found(Filters(ip=network))} == IPV6[network]


@pytest.mark.parametrize("bits", range(0, 33, 3))
def test_ip__finds_networks_of_ipv4_of_each_size(bits: int) -> None:
    for address in ("203.0.113.7", "203.0.113.6", "203.0.112.7", "203.128.0.1", "11.1.1.1", "2001:db8::1"):
        connection_row(client_ip=address, opened_at=NOW - timedelta(minutes=1))
    expected = {
        row.pk
        for row in Connection.objects.all()
        if row.client_ip and ":" not in row.client_ip and in_network(row.client_ip, bits)
    }
    assert ids(found(parse([("ip", f"203.0.113.7/{bits}")], NOW))) == expected


def in_network(address: str, bits: int) -> bool:
    """Return whether the first bits of an address are those of 203.0.113.7."""
    first, second = (int.from_bytes(bytes(map(int, text.split(".")))) for text in (address, "203.0.113.7"))
    return first >> (32 - bits) == second >> (32 - bits)


@pytest.fixture
def viewer() -> Connection:
    """Return the connection of a viewer of the dashboard."""
    extensions.add_internal_endpoints(SOCKET_ROUTE)
    return connection_row(endpoint=SOCKET_ROUTE, tab_id="t", opened_at=NOW)


def test_viewers__are_listed_only_if_they_are_asked_for(viewer: Connection) -> None:
    assert found(Filters()) == []
    assert ids(found(Filters(endpoint=SOCKET_ROUTE))) == ids([viewer])
    assert ids(found(Filters(q=str(viewer.pk)))) == ids([viewer])
