"""Hooks and internal endpoints that other apps register."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lifecycle.server import extensions
from lifecycle.server.process import Process

REGISTERED = (
    extensions.start_hooks,
    extensions.tick_hooks,
    extensions.stop_hooks,
    extensions.internal_endpoints,
)


@pytest.fixture
def empty_registry() -> Iterator[None]:
    """Clear the registry for a test, and restore it afterwards."""
    before = [list(registered) for registered in REGISTERED]
    extensions.reset()
    yield
    extensions.reset()
    for registered, content in zip(REGISTERED, before, strict=True):
        registered += content


async def hook(process: Process) -> None:
    """Do nothing."""


def test_register__same_item_twice_is_stored_once(empty_registry: None) -> None:
    for _ in range(2):
        extensions.on_start(print)
        extensions.on_tick(hook)
        extensions.on_stop(hook)
        extensions.add_internal_endpoints("ws/own/")
    assert list(REGISTERED) == [[print], [hook], [hook], ["ws/own/"]]


def test_reset__removes_everything(empty_registry: None) -> None:
    extensions.on_start(print)
    extensions.on_tick(hook)
    extensions.add_internal_endpoints("ws/own/")
    extensions.reset()
    assert not any(REGISTERED)


@pytest.mark.parametrize(("endpoint", "internal"), [("ws/own/", True), ("outer/ws/own/", True), ("ws/", False)])
def test_process__endpoint_that_ends_with_a_registered_route_is_internal(
    empty_registry: None, endpoint: str, internal: bool
) -> None:
    extensions.add_internal_endpoints("ws/own/")
    tally = Process("").recorder.tally
    tally.accepted(endpoint, 0.0, 1_700_000_000.0)
    assert tally.copy_endpoints()[endpoint].internal is internal


async def test_process__calls_the_start_hooks_and_survives_their_failure(
    empty_registry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def fails() -> None:
        raise RuntimeError("another server than expected")

    extensions.on_start(fails, lambda: started.append("second hook"))
    process = Process("")
    monkeypatch.setattr(process, "open_spool", lambda: None)
    process.start()
    process.jobs.cancel()
    assert started == ["second hook"]
