"""The log of the channel layer while the layer of the feed does not answer."""

from __future__ import annotations

import asyncio
import contextvars
import logging

import pytest

from dashboard.live import layer_log

logger = logging.getLogger(layer_log.LOGGER)


def fail() -> None:
    """Log an error with its traceback, as the layer's task does."""
    try:
        raise ConnectionError("no Redis")
    except ConnectionError:
        logger.exception("Unexpected exception in receive task")


async def test_watch__errors_of_tasks_that_the_feed_starts_are_reported_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    errors: list[BaseException] = []

    async def receive_task() -> None:
        fail()

    async def feed() -> None:
        layer_log.watch(errors.append)
        await asyncio.create_task(receive_task())

    await asyncio.create_task(feed())
    assert [str(error) for error in errors] == ["no Redis"]
    assert caplog.messages == []


def test_watch__messages_without_an_error_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    def feed() -> None:
        layer_log.watch(pytest.fail)
        logger.warning("A message")

    contextvars.copy_context().run(feed)
    assert caplog.messages == ["A message"]


def test_filter__errors_of_the_applications_layers_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    fail()
    assert caplog.messages == ["Unexpected exception in receive task"]


def test_install__twice_adds_one_filter() -> None:
    layer_log.install()
    layer_log.install()
    assert logger.filters.count(layer_log.FILTER) == 1
