"""What other apps register with each server process. They call this from ``AppConfig.ready()``.

A process reads the lists when it starts.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
#: A coroutine function that is called with the ``Process``, whose module imports this one.
Hook = Callable[[Any], Coroutine[Any, Any, None]]

#: Seconds between two calls of the tick hooks.
TICK_SECONDS = 1.0
#: Called once a tick, each in a task of its own.
tick_hooks: list[Hook] = []
#: Called once when the process stops, while the last events are written.
stop_hooks: list[Hook] = []
#: Routes whose connections are counted but are no traffic of the application, such as viewers of a dashboard. A
#: connection is internal if its endpoint ends with one of them, so that a route may be nested under other routers.
internal_endpoints: list[str] = []


def on_tick(*hooks: Hook) -> None:
    """Register hooks for each tick."""
    add(tick_hooks, hooks)


def on_stop(*hooks: Hook) -> None:
    """Register hooks for the stop of the process."""
    add(stop_hooks, hooks)


def add_internal_endpoints(*routes: str) -> None:
    """Register routes of internal endpoints, written as in ``path()``."""
    add(internal_endpoints, routes)


def add(registered: list[T], new: tuple[T, ...]) -> None:
    """Append what is not registered yet."""
    registered += [one for one in new if one not in registered]


def reset() -> None:
    """Forget everything that was registered; for tests."""
    for registered in (tick_hooks, stop_hooks, internal_endpoints):
        registered.clear()
