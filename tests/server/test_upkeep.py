"""Only the process that does the housekeeping calls the hooks of the upkeep, on a thread of its own."""

from __future__ import annotations

import threading
from uuid import UUID, uuid4

import pytest

from lifecycle.server import extensions
from lifecycle.server.housekeeping import Upkeep


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[UUID, str]]:
    """Return the arguments and the thread of each call of a hook."""
    found: list[tuple[UUID, str]] = []
    hook = lambda holder: found.append((holder, threading.current_thread().name))  # noqa: E731
    monkeypatch.setattr(extensions, "upkeep_hooks", [hook])
    return found


async def test_run__calls_nothing_in_other_processes(calls: list[tuple[UUID, str]]) -> None:
    await Upkeep().run(uuid4())
    assert calls == []


async def test_run__calls_each_hook_on_its_own_thread(calls: list[tuple[UUID, str]]) -> None:
    upkeep, holder = Upkeep(), uuid4()
    upkeep.is_ours = True
    await upkeep.run(holder)
    assert calls == [(holder, "lifecycle-upkeep")]
