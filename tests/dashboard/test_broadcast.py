"""A process's snapshot, and what the feed says of a channel layer that does not take it."""

from __future__ import annotations

import asyncio
import json
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

NOW = 1_700_000_005.0


class Layer:
    """A channel layer that answers as it is told to: a real one cannot be had to hang for one call exactly."""

    def __init__(self) -> None:
        """Begin to answer."""
        self.hangs = False
        self.gone = False
        self.sent: list[dict[str, Any]] = []

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Take a message, or hang, or be gone."""
        if self.gone:
            raise ConnectionError("no layer")
        if self.hangs:
            await asyncio.Event().wait()
        self.sent.append(message)


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> Layer:
    """Put a layer under the feed."""
    one = Layer()
    monkeypatch.setattr(broadcast, "get_channel_layer", lambda alias: one)
    monkeypatch.setattr(broadcast, "PATIENCE", 0.01)
    return one


async def test_publish__sends_the_snapshot_and_shows_it_here(recording: Process, layer: Layer) -> None:
    await broadcast.publish(recording)
    assert [message["snapshot"]["id"] for message in layer.sent] == [recording.identity.id]
    assert json.loads(hub.current().picture())["trust"]["processes"] == 1


async def test_publish__sends_nothing_to_a_layer_in_memory_which_reaches_no_other_process(
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


async def test_publish__one_miss_is_no_lost_feed_and_two_are(recording: Process, layer: Layer) -> None:
    layer.hangs = True
    await broadcast.publish(recording)
    assert hub.current().connected
    await broadcast.publish(recording)
    assert not hub.current().connected
    layer.hangs = False
    await broadcast.publish(recording)
    assert hub.current().connected


async def test_publish__a_layer_that_is_gone_is_lost_at_once(recording: Process, layer: Layer) -> None:
    layer.gone = True
    with pytest.raises(ConnectionError):
        await broadcast.publish(recording)
    assert not hub.current().connected


def test_snapshot__size_does_not_depend_on_how_much_happened(recording: Process) -> None:
    tally, verdict = recording.recorder.tally, Verdict(Cause.CLIENT_NORMAL, 1000)
    sizes = []
    for number in (10, 10_000):
        for _ in range(number):
            tally.accepted("ws/chat/", 0.01, NOW)
            tally.closed("ws/chat/", verdict, 1.0, NOW)
        sizes.append(len(json.dumps(broadcast.snapshot_of(recording, NOW))))
    assert sizes[1] - sizes[0] < 40


async def plain(scope: Message, receive: Receive, send: Send) -> None:
    """Accept and read until the end."""
    await receive()
    await send(ACCEPT)
    await receive()


async def test_snapshot__lists_no_viewer_among_the_ends_however_many_endpoints(recording: Process) -> None:
    recording.recorder.tally.endpoint_limit = 1
    for endpoint in ("ws/chat/", "ws/dashboard/"):
        server = Server(CONNECT, disconnect())
        app = LifecycleMiddleware(URLRouter([path(endpoint, plain)]))
        await app(scope(f"/{endpoint}"), server.receive, server.send)
    assert [end["endpoint"] for end in broadcast.snapshot_of(recording, NOW)["ends"]] == ["ws/chat/"]


def test_snapshot__marks_internal_endpoints_under_the_name_that_older_releases_read(recording: Process) -> None:
    for endpoint in ("ws/chat/", "monitor/ws/dashboard/"):
        recording.recorder.tally.accepted(endpoint, 0.0, NOW)
    endpoints = broadcast.snapshot_of(recording, NOW)["endpoints"]
    assert {name: row["apart"] for name, row in endpoints.items()} == {
        "ws/chat/": False,
        "monitor/ws/dashboard/": True,
    }


def test_snapshot__goes_through_json_unchanged(recording: Process) -> None:
    snapshot = broadcast.snapshot_of(recording, NOW)
    assert json.loads(json.dumps(snapshot)) == snapshot
