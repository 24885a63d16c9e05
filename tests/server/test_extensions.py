"""What other apps register with a server process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lifecycle.server import extensions
from lifecycle.server.process import Process

REGISTERED = (extensions.tick_hooks, extensions.stop_hooks, extensions.internal_endpoints)


@pytest.fixture
def nothing_registered() -> Iterator[None]:
    """Clear the registry for one test."""
    before = [list(registered) for registered in REGISTERED]
    extensions.reset()
    yield
    extensions.reset()
    for registered, content in zip(REGISTERED, before, strict=True):
        registered += content


async def hook(process: Process) -> None:
    """Do nothing."""


def test_register__twice_adds_nothing(nothing_registered: None) -> None:
    for _ in range(2):
        extensions.on_tick(hook)
        extensions.on_stop(hook)
        extensions.add_internal_endpoints("ws/own/")
    assert list(REGISTERED) == [[hook], [hook], ["ws/own/"]]


def test_reset__forgets_everything(nothing_registered: None) -> None:
    extensions.on_tick(hook)
    extensions.add_internal_endpoints("ws/own/")
    extensions.reset()
    assert not any(REGISTERED)


@pytest.mark.parametrize(("endpoint", "internal"), [("ws/own/", True), ("outer/ws/own/", True), ("ws/", False)])
def test_process__counts_what_ends_with_a_registered_route_as_internal(
    nothing_registered: None, endpoint: str, internal: bool
) -> None:
    extensions.add_internal_endpoints("ws/own/")
    tally = Process("").recorder.tally
    tally.accepted(endpoint, 0.0, 1_700_000_000.0)
    assert tally.copy_endpoints()[endpoint].internal is internal
