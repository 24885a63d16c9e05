"""Hooks and internal endpoints that other apps add to each server process.

Apps register them in ``AppConfig.ready()``. A server process reads the lists when it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

T = TypeVar("T")
#: A coroutine function with one argument, the ``Process``. Its type is not imported here: that would be a cycle.
#: A tick hook returns ``False`` if it had nothing to do.
Hook = Callable[[Any], Coroutine[Any, Any, bool | None]]

#: Called when the process has been started, on its event loop.
start_hooks: list[Callable[[], None]] = []
#: Seconds between two calls of the tick hooks.
TICK_SECONDS = 1.0
#: Called once per tick, each in its own task.
tick_hooks: list[Hook] = []
#: Called once when the process stops, while the last events are being written.
stop_hooks: list[Hook] = []
#: Called every few seconds on a separate thread of the process that does the housekeeping, with its ID.
upkeep_hooks: list[Callable[[UUID], object]] = []
#: Routes whose connections belong to the monitor, such as those of dashboard viewers. They are counted, but not as
#: traffic of the application. Refused handshakes are counted as traffic, because they may come from anybody.
#: A connection is internal if its endpoint ends with one of these routes, because a project may nest them under
#: other routers.
internal_endpoints: list[str] = []


def on_start(*hooks: Callable[[], None]) -> None:
    """Register functions to call when the process has been started."""
    add(start_hooks, hooks)


def on_tick(*hooks: Hook) -> None:
    """Register hooks to call on each tick."""
    add(tick_hooks, hooks)


def on_stop(*hooks: Hook) -> None:
    """Register hooks to call when the process stops."""
    add(stop_hooks, hooks)


def on_upkeep(*hooks: Callable[[UUID], object]) -> None:
    """Register functions that keep the tables in order; one process of the cluster calls them."""
    add(upkeep_hooks, hooks)


def add_internal_endpoints(*routes: str) -> None:
    """Register the routes of internal endpoints; a route is written like the first argument of ``path()``."""
    add(internal_endpoints, routes)


def add(registered: list[T], new: tuple[T, ...]) -> None:
    """Append the items that are not registered yet."""
    registered += [item for item in new if item not in registered]


def reset() -> None:
    """Remove everything that was registered; for tests."""
    for registered in (start_hooks, tick_hooks, stop_hooks, upkeep_hooks, internal_endpoints):
        registered.clear()
