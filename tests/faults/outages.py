"""Outages of a real server that something depends on: PostgreSQL or Redis."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Dependency(Protocol):
    """A server that tests stop and pause."""

    def start(self) -> None:
        """Start, and wait until it answers."""

    def stop(self) -> None:
        """Stop in order."""

    def pause(self) -> None:
        """Suspend its processes: connections stay open, and nothing is answered."""

    def resume(self) -> None:
        """Let its processes go on."""


@contextmanager
def stopped(dependency: Dependency) -> Iterator[None]:
    """Stop a server for a while."""
    dependency.stop()
    try:
        yield
    finally:
        dependency.start()


@contextmanager
def hanging(dependency: Dependency) -> Iterator[None]:
    """Have a server answer nothing for a while, and then all of it."""
    dependency.pause()
    try:
        yield
    finally:
        dependency.resume()
