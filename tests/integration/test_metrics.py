"""Metrics of a real server: names, types, bounded labels, formats and access."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.raw_socket import connected, refused_status
from tests.integration.rows import unique
from tests.integration.servers import Server, copy_of
from tests.metrics.contract import CONTRACT
from tests.programs import promtool

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-these-tests"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
FORWARDED = {"X-Forwarded-For": "203.0.113.7"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HELLO = (
    '{"type":"hello","v":1,"tab":"tab-secret","page":"/page-secret","previous":'
    '{"connection":"01a1f718-2adc-72d5-bfff-35ade25c6583","code":1006,"reason":"","clean":false,"offline_ms":1}}'
)


@pytest.fixture(scope="module")
def server(blank: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the test application with ``METRICS_TOKEN`` set."""
    folder = tmp_path_factory.mktemp("metrics") / "data"
    with Server("daphne", copy_of(blank, folder), METRICS_TOKEN=TOKEN) as one:
        asyncio.run(live(one))
        yield one


async def live(server: Server) -> None:
    """Produce every kind of sample, with a secret in every value that could leak."""
    headers = {"User-Agent": "agent-secret", "Cookie": "session=cookie-secret"}
    path = unique("closes")
    async with connected(server.port, f"{path}?token=query-secret", headers) as socket:
        await socket.send("4321 reason-secret")
        await socket.seen(echo=4321)
    await server.rows.ended(path)
    await refused_status(server.port, "/ws/nowhere/path-secret/")
    async with connected(server.port, "/ws/status/", headers) as socket:
        await socket.receive()
        await socket.send(HELLO)
        assert "pong" in await socket.ask_for('{"type":"ping","n":1,"rtt_ms":12}')


def test_metrics__are_those_of_the_contract_with_its_labels(server: Server) -> None:
    families = list(text_string_to_metric_families(server.get("/metrics", BEARER).text))
    found = {
        family.name: (family.type, {label for sample in family.samples for label in sample.labels} - {"le"})
        for family in families
    }
    assert found == CONTRACT


def test_metrics__have_no_unbounded_labels(server: Server) -> None:
    text = server.get("/metrics", BEARER).text
    assert 'endpoint="ws/closes/<str:mark>/"' in text
    assert 'code="other"' in text
    for leak in ("secret", "4321", "127.0.0.1"):
        assert leak not in text


def test_metrics__are_openmetrics_if_the_client_accepts_it(server: Server) -> None:
    answer = server.get("/metrics", {**BEARER, "Accept": OPENMETRICS})
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    names = {family.name for family in openmetrics.text_string_to_metric_families(answer.text)}
    assert names == set(CONTRACT)
    assert answer.text.endswith("# EOF\n")


def test_metrics__come_as_plain_text_to_everybody_else(server: Server) -> None:
    answer = server.get("/metrics", BEARER)
    assert answer.headers["Content-Type"].startswith("text/plain; version=")


def test_promtool__reports_no_problem(server: Server) -> None:
    text = server.get("/metrics", BEARER).text
    done = subprocess.run(
        [promtool(), "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


ACCESS = {
    "loopback": ({}, 403),
    "loopback-with-the-token": (BEARER, 200),
    "through-a-proxy": (FORWARDED, 403),
    "through-a-proxy-with-the-token": ({**FORWARDED, **BEARER}, 200),
    "through-a-proxy-with-another-token": ({**FORWARDED, "Authorization": "Bearer another"}, 403),
    "through-a-proxy-with-another-scheme": ({**FORWARDED, "Authorization": f"Basic {TOKEN}"}, 403),
}


@pytest.mark.parametrize(("headers", "status"), ACCESS.values(), ids=ACCESS)
def test_access__if_a_token_is_set_everyone_needs_it(server: Server, headers: dict[str, str], status: int) -> None:
    answer = server.get("/metrics", headers)
    assert answer.status == status
    assert ("METRICS_TOKEN" in answer.text, "lifecycle_build_info" in answer.text) == (
        status == 403,
        status == 200,
    )
