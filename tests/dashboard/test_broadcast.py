"""Snapshots of a process, and how they are published when the channel layer works, hangs or fails."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from channels.routing import URLRouter
from django.urls import path

from dashboard.live import broadcast, hub
from lifecycle.capture import LifecycleMiddleware
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause, Verdict
from tests.asgi import ACCEPT, CONNECT, Message, Receive, Send, Server, disconnect, scope
from tests.factories import make_facts

NOW = 1_700_000_005.0


class Layer:
    """A channel layer that answers, hangs or fails on demand. A real layer cannot hang for exactly one call."""

    def __init__(self) -> None:
        self.hangs = False
        self.gone = False
        self.sent: list[dict[str, Any]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Store a message, hang, or raise ``ConnectionError``."""
        if self.gone:
            raise ConnectionError("no layer")
        if self.hangs:
            await asyncio.Event().wait()
        self.sent.append(message)


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    """Return a fake channel layer that the feed uses."""
    fake = Layer()
    monkeypatch.setattr(broadcast, "get_channel_layer", lambda alias: fake)
    monkeypatch.setattr(broadcast, "PATIENCE", 0.01)
    return fake


async def test_publish__sends_the_snapshot_and_stores_it_locally(recording: Process, layer: Layer) -> None:
    await broadcast.publish(recording)
    assert [message["snapshot"]["id"] for message in layer.sent] == [recording.identity.id]
    assert json.loads(hub.current().picture())["trust"]["processes"] == 1


async def test_publish__sends_nothing_to_an_in_memory_layer(
    recording: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = InMemoryChannelLayer()
    monkeypatch.setattr(broadcast, "get_channel_layer", lambda alias: layer)
    channel = await layer.new_channel()
    await layer.group_add(broadcast.GROUP, channel)
    await broadcast.publish(recording)
    await broadcast.listen(recording)
    assert (layer.channels, list(layer.groups[broadcast.GROUP])) == ({}, [channel])
    feed = hub.current()
    assert (json.loads(feed.picture())["trust"]["processes"], feed.connected) == (1, True)


async def test_publish__feed_is_lost_after_two_timeouts_but_not_after_one(
    recording: Process, layer: Layer
) -> None:
    layer.hangs = True
    await broadcast.publish(recording)
    assert hub.current().connected
    await broadcast.publish(recording)
    assert not hub.current().connected
    layer.hangs = False
    await broadcast.publish(recording)
    assert hub.current().connected


async def test_publish__feed_is_lost_at_once_if_the_layer_raises(recording: Process, layer: Layer) -> None:
    layer.gone = True
    with pytest.raises(ConnectionError):
        await broadcast.publish(recording)
    assert not hub.current().connected


async def test_publish__layer_that_hangs_is_logged_once(
    recording: Process, layer: Layer, caplog: pytest.LogCaptureFixture
) -> None:
    layer.hangs = True
    for _ in range(broadcast.MISSES + 2):
        await broadcast.publish(recording)
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [
        "The monitor's publish failed"
    ]


def test_snapshot__size_does_not_depend_on_the_number_of_events(recording: Process) -> None:
    tally, verdict = recording.recorder.tally, Verdict(Cause.CLIENT_NORMAL, 1000)
    sizes = []
    for number in (10, 10_000):
        for _ in range(number):
            tally.accepted("ws/chat/", 0.01, NOW)
            tally.closed("ws/chat/", verdict, 1.0, NOW)
        sizes.append(len(json.dumps(broadcast.snapshot_of(recording, NOW))))
    assert sizes[1] - sizes[0] < 40


async def plain(scope: Message, receive: Receive, send: Send) -> None:
    """Accept the connection and wait for its end."""
    await receive()
    await send(ACCEPT)
    await receive()


async def test_snapshot__ends_never_include_viewers_even_beyond_the_endpoint_limit(recording: Process) -> None:
    recording.recorder.tally.endpoint_limit = 1
    for endpoint in ("ws/chat/", "ws/dashboard/"):
        server = Server(CONNECT, disconnect())
        app = LifecycleMiddleware(URLRouter([path(endpoint, plain)]))
        await app(scope(f"/{endpoint}"), server.receive, server.send)
    assert [end["endpoint"] for end in broadcast.snapshot_of(recording, NOW)["ends"]] == ["ws/chat/"]


def test_snapshot__marks_internal_endpoints_in_the_field_of_older_releases(recording: Process) -> None:
    for endpoint in ("ws/chat/", "monitor/ws/dashboard/"):
        recording.recorder.tally.accepted(endpoint, 0.0, NOW)
    endpoints = broadcast.snapshot_of(recording, NOW)["endpoints"]
    assert {name: row["apart"] for name, row in endpoints.items()} == {
        "ws/chat/": False,
        "monitor/ws/dashboard/": True,
    }


def test_snapshot__is_unchanged_after_encoding_as_json(recording: Process) -> None:
    snapshot = broadcast.snapshot_of(recording, NOW)
    assert json.loads(json.dumps(snapshot)) == snapshot


def test_snapshot__has_the_number_of_refusals_without_rows(recording: Process) -> None:
    recording.recorder.refusals.rows.rate = recording.recorder.refusals.rows.left = 0
    for _ in range(3):
        recording.recorder.ended(make_facts(ended_at=1.0), Verdict(Cause.REJECTED_ORIGIN, None))
    snapshot = broadcast.snapshot_of(recording, time.time())
    assert (snapshot["unstored"], snapshot["endpoints"]["unmatched"]["refused"], snapshot["ends"]) == (3, 3, [])
