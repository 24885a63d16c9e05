"""Access to the metrics, and the answers of the health checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from lifecycle import views
from lifecycle.record.writer import Writer
from lifecycle.server.process import Process

TOKEN = "s3cret-töken"


def scrape(address: str, **headers: str) -> HttpResponse:
    """Return the response to a scrape from an address."""
    return views.metrics(RequestFactory().get("/metrics", headers=headers, REMOTE_ADDR=address))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_metrics__are_served_to_loopback_addresses(address: str) -> None:
    answer = scrape(address)
    assert answer.status_code == 200
    assert b"lifecycle_build_info" in answer.content


@pytest.mark.parametrize(
    "address", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1", "", "unix", "localhost"]
)
def test_metrics__are_refused_to_other_addresses(address: str) -> None:
    answer = scrape(address)
    assert answer.status_code == 403
    assert "METRICS_TOKEN" in answer.content.decode()
    assert b"websocket" not in answer.content.lower().replace(b"metrics", b"")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_metrics__are_refused_to_forwarded_requests(header: str) -> None:
    assert scrape("127.0.0.1", **{header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_metrics__are_served_with_the_token(settings: Settings, scheme: str) -> None:
    settings.LIFECYCLE = {"METRICS_TOKEN": "s3cret"}
    assert scrape("192.0.2.1", Authorization=f"{scheme} s3cret").status_code == 200
    assert (
        scrape("127.0.0.1", **{"Authorization": "Bearer s3cret", "X-Forwarded-For": "192.0.2.1"}).status_code
        == 200
    )


@pytest.mark.parametrize(
    "authorization",
    ["Bearer wrong", "Bearer", "Bearer ", "Basic s3cret", "s3cret", "Bearer s3cret s3cret", "Bearer S3CRET", ""],
)
def test_metrics__are_refused_with_another_token(settings: Settings, authorization: str) -> None:
    settings.LIFECYCLE = {"METRICS_TOKEN": "s3cret"}
    assert scrape("192.0.2.1", Authorization=authorization).status_code == 403


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_metrics__if_a_token_is_set_loopback_addresses_need_it(settings: Settings, address: str) -> None:
    settings.LIFECYCLE = {"METRICS_TOKEN": "s3cret"}
    answer = scrape(address)
    assert answer.status_code == 403
    assert "METRICS_TOKEN" in answer.content.decode()
    assert scrape(address, Authorization="Bearer wrong").status_code == 403
    assert scrape(address, Authorization="Bearer s3cret").status_code == 200


def test_metrics__are_refused_with_an_empty_token_if_none_is_set() -> None:
    assert scrape("192.0.2.1", Authorization="Bearer ").status_code == 403


def test_metrics__non_ascii_token_is_compared_without_error(settings: Settings) -> None:
    settings.LIFECYCLE = {"METRICS_TOKEN": TOKEN}
    assert scrape("192.0.2.1", Authorization="Bearer s3cret").status_code == 403


def test_metrics__are_not_cached_and_refuse_post(client: Client) -> None:
    assert "no-store" in scrape("127.0.0.1")["Cache-Control"]
    assert views.metrics(RequestFactory().post("/metrics", REMOTE_ADDR="127.0.0.1")).status_code == 405


def test_metrics__negotiate_their_format() -> None:
    assert scrape("127.0.0.1")["Content-Type"].startswith("text/plain")
    answer = scrape("127.0.0.1", Accept="application/openmetrics-text")
    assert answer["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


@pytest.mark.parametrize("address", ["/metrics", "/healthz"])
def test_metrics_and_healthz__answer_without_the_database(client: Client, address: str) -> None:
    # Without the mark ``django_db``, a database query would fail this test.
    assert client.get(address).status_code == 200


def test_healthz__answers_ok(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def readiness(client: Client) -> tuple[int, dict[str, str]]:
    """Return the status code and the body of the readiness check."""
    answer = client.get("/readyz")
    return answer.status_code, json.loads(answer.content)


@contextmanager
def outage() -> Iterator[None]:
    """Make each database statement fail."""

    def fail(*arguments: Any) -> None:  # noqa: ANN401 - Django's
        raise OperationalError("the database went away")

    with connection.execute_wrapper(fail):
        yield


@pytest.mark.django_db
def test_readyz__is_ok_before_the_first_socket(client: Client, settings: Settings, tmp_path: Path) -> None:
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "not" / "made" / "yet"}
    assert readiness(client) == (200, {"database": "ok", "spool": "ok"})


@pytest.mark.django_db
def test_readyz__is_ok_while_recording(client: Client, recording: Process) -> None:
    assert readiness(client) == (200, {"database": "ok", "spool": "ok"})


@pytest.mark.django_db
def test_readyz__reports_a_database_outage(client: Client, recording: Process) -> None:
    with outage():
        assert readiness(client) == (503, {"database": "unusable", "spool": "ok"})


@pytest.mark.django_db
def test_readyz__probes_during_an_outage_are_not_logged(
    client: Client, recording: Process, caplog: pytest.LogCaptureFixture
) -> None:
    with outage():
        assert readiness(client)[0] == 503
    assert caplog.messages == []


@pytest.mark.django_db
def test_readyz__reports_a_database_that_refuses_writes(client: Client, recording: Process) -> None:
    assert recording.recorder.spool
    recording.writer = Writer(recording.recorder.spool, recording.recorder)
    recording.writer.failed(OperationalError("no such table"))
    assert readiness(client) == (503, {"database": "unusable", "spool": "ok"})


@pytest.mark.django_db
def test_readyz__reports_a_closed_spool(client: Client, recording: Process) -> None:
    assert recording.recorder.spool
    recording.recorder.spool.close()
    recording.recorder.spool = None
    assert readiness(client) == (503, {"database": "ok", "spool": "unusable"})


@pytest.mark.django_db
def test_readyz__reports_a_spool_that_cannot_be_created(
    client: Client, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "file" / "spool"}
    assert readiness(client) == (503, {"database": "ok", "spool": "unusable"})
