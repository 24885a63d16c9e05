"""Keeps the log of the feed's channel layer short while that layer does not answer.

The Pub/Sub layer of channels-redis receives in a task of its own. During an outage of Redis, that task logs an
error with its traceback once per second, and it reports the error nowhere else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar

#: The logger of that task.
LOGGER = "channels_redis.pubsub"
Report = Callable[[BaseException], None]
#: What to call with an error of the layer. Tasks inherit it from the task that starts them, so it is set only for
#: the feed, and not for layers that the application uses.
report: ContextVar[Report | None] = ContextVar("report", default=None)


class FeedFilter(logging.Filter):
    """Passes the errors of the feed's layer to ``report`` instead of logging each of them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record."""
        call, error = report.get(), record.exc_info and record.exc_info[1]
        if call is None or not error:
            return True
        call(error)
        return False


FILTER = FeedFilter()


def watch(call: Report) -> None:
    """Pass errors of the layer to ``call``, in this task and in all tasks that it starts."""
    report.set(call)


def install() -> None:
    """Filter the layer's log; a second call changes nothing."""
    logging.getLogger(LOGGER).addFilter(FILTER)
