"""The hub sends one picture per tick to all viewers of this process."""

from __future__ import annotations

import asyncio
import json

import pytest

from dashboard.live import hub
from dashboard.live.hub import Hub
from tests.dashboard.test_merge import snapshot
from tests.pictures import decoded


class Viewer:
    """A viewer that stores the pictures that it receives."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    async def show(self, picture: str) -> None:
        """Store a picture."""
        self.shown.append(picture)


class Broken(Viewer):
    """A viewer whose socket is closed."""

    async def show(self, picture: str) -> None:
        """Raise ``ConnectionError``."""
        raise ConnectionError("gone")


class Leaving(Viewer):
    """A viewer that disconnects when it receives a picture."""

    def __init__(self, feed: Hub) -> None:
        super().__init__()
        self.feed = feed

    async def show(self, picture: str) -> None:
        """Store the picture and leave the hub."""
        await super().show(picture)
        self.feed.viewers.discard(self)


async def test_tick__sends_the_same_picture_to_every_viewer() -> None:
    feed, viewers = Hub(), [Viewer(), Viewer()]
    feed.viewers.update(viewers)
    await feed.tick()
    assert [len(viewer.shown) for viewer in viewers] == [1, 1]
    assert viewers[0].shown[0] is viewers[1].shown[0]
    assert json.loads(viewers[0].shown[0])["type"] == "snapshot"


async def test_tick__removes_a_viewer_that_fails_and_serves_the_others() -> None:
    feed, broken, healthy = Hub(), Broken(), Viewer()
    feed.viewers.update({broken, healthy})
    await feed.tick()
    await feed.tick()
    assert feed.viewers == {healthy}
    assert len(healthy.shown) == 2


async def test_tick__viewers_may_leave_while_it_runs() -> None:
    feed = Hub()
    feed.viewers.update({Leaving(feed), Leaving(feed), Leaving(feed)})
    await feed.tick()
    assert feed.viewers == set()


class Deaf(Viewer):
    """A viewer whose client does not read, so its server waits."""

    async def show(self, picture: str) -> None:
        """Store a picture and wait until the task is cancelled."""
        await super().show(picture)
        await asyncio.Event().wait()


async def test_tick__viewer_that_does_not_read_does_not_delay_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PATIENCE", 0.01)
    feed, deaf, healthy = Hub(), Deaf(), Viewer()
    feed.viewers.update({deaf, healthy})
    for _ in range(3):
        await feed.tick()
    assert (len(deaf.shown), len(healthy.shown)) == (1, 3)
    waiting = feed.sending[deaf]
    feed.leave(deaf)
    await asyncio.wait([waiting])
    assert (feed.viewers, feed.sending) == ({healthy}, {})


async def test_tick__without_viewers_builds_no_picture() -> None:
    feed = Hub()
    feed.live = None  # type: ignore[assignment]
    await feed.tick()


def test_picture__contains_the_state_of_the_feed() -> None:
    feed = Hub()
    assert json.loads(feed.picture())["trust"]["feed"] is True
    feed.connected = False
    assert json.loads(feed.picture())["trust"]["feed"] is False


def test_picture__contains_each_process_with_a_snapshot() -> None:
    feed = Hub()
    feed.live.store(snapshot("a"), 0.0)
    assert [row["id"] for row in decoded(feed.picture())["processes"]] == ["a"]


def test_current__is_always_the_same_hub() -> None:
    assert hub.current() is hub.current()
