"""The only ``Process`` of a server process: started once, stopped and closed."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from lifecycle.server import current
from lifecycle.server.current import Current


class Process:
    """A fake process that records the calls of its methods."""

    def __init__(self, server: str = "") -> None:
        self.server = server
        self.calls: list[str] = []

    def start(self) -> None:
        """Record the call."""
        self.calls.append("start")

    async def stop(self) -> None:
        """Record the call."""
        self.calls.append("stop")

    def close(self) -> None:
        """Record the call."""
        self.calls.append("close")


class BrokenProcess(Process):
    """A process that cannot be started while ``broken`` is set."""

    broken = True

    def start(self) -> None:
        """Raise an error while ``broken`` is set."""
        if self.broken:
            raise OSError("no event loop")
        super().start()


@pytest.fixture(autouse=True)
def fake_process(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make ``current`` create fake processes."""
    monkeypatch.setattr(current, "Process", Process)
    yield
    Current.process = None


def test_ensure_started__starts_only_on_the_first_call() -> None:
    assert current.current() is None
    first = current.ensure_started("daphne")
    assert current.ensure_started("uvicorn") is first is current.current()
    assert (first.server, first.calls) == ("daphne", ["start"])


def test_ensure_started__detects_the_server_from_the_imported_packages() -> None:
    import uvicorn  # noqa: F401

    assert current.ensure_started().server == "uvicorn"


def test_ensure_recording__returns_none_and_logs_once_until_a_start_succeeds(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(current, "Process", BrokenProcess)
    assert [current.ensure_recording(), current.ensure_recording()] == [None, None]
    assert current.fault() == "no event loop"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    monkeypatch.setattr(BrokenProcess, "broken", False)
    assert current.ensure_recording() is current.current()
    assert current.fault() == ""


async def test_close__drops_the_process_after_stop_has_stopped_it() -> None:
    process = current.ensure_started()
    await current.stop()
    current.close()
    assert process.calls == ["start", "stop", "close"]
    assert current.current() is None


async def test_stop_and_close__without_a_process_do_nothing() -> None:
    await current.stop()
    current.close()
    assert current.current() is None


def test_forget__drops_the_process_without_closing_it() -> None:
    process = current.ensure_started()
    current.forget()
    assert (Current.process, process.calls) == (None, ["start"])
