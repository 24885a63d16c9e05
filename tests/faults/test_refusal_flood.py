"""A flood of refused handshakes: few rows, and every refusal is counted exactly once."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections import Counter
from contextlib import suppress
from typing import NamedTuple

import pytest
from prometheus_client.parser import text_string_to_metric_families

from lifecycle.counts.refusals import BURST_SECONDS
from lifecycle.record.refusals import FLUSH_SECONDS
from tests.faults.client import NotOpened, connect
from tests.faults.conftest import Start
from tests.faults.ledger import Entry
from tests.faults.load import AT_ONCE
from tests.faults.server import FaultServer, until
from tests.faults.viewer import viewing
from tests.integration.servers import MONITOR

pytestmark = pytest.mark.slow

HANDSHAKES_PER_SECOND, SECONDS = 1000, 5
ROWS_PER_SECOND = 5
REJECTED = "websocket_handshakes_rejected_total"
NUMBERS = "SELECT cause, sum(count) AS number FROM lifecycle_unstoredrefusals GROUP BY cause"


#: How old the numbers in the spool may be, on a loaded machine.
OLD_SECONDS = FLUSH_SECONDS + 0.5


class Refusal(NamedTuple):
    """A handshake that the monitor's own project refuses, and the cause."""

    cause: str
    path: str
    headers: dict[str, str]


REFUSALS = (
    Refusal("rejected_unmatched", "/ws/nowhere/", {}),
    Refusal("rejected_origin", "/ws/status/", {"Origin": "https://foreign.example"}),
    Refusal("rejected", "/ws/status/?token=wrong", {}),
)


async def flood(server: FaultServer, number: int) -> list[tuple[str, float]]:
    """Ask for handshakes that are refused, at a rate; return the cause of each, and when it was refused."""
    turn, began = asyncio.Semaphore(AT_ONCE), time.perf_counter()
    answers: list[tuple[str, float]] = []

    async def knock(refusal: Refusal) -> None:
        async with turn:
            with suppress(NotOpened):
                await connect(server.port, entry := Entry(refusal.path), refusal.headers)
            assert entry.status == 403
            answers.append((refusal.cause, time.monotonic()))

    async with asyncio.TaskGroup() as tasks:
        for count, refusal in zip(range(number), itertools.cycle(REFUSALS), strict=False):
            if (wait := began + count / HANDSHAKES_PER_SECOND - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            tasks.create_task(knock(refusal))
    return answers


def by_cause(answers: list[tuple[str, float]], before: float = math.inf) -> Counter[str]:
    """Return the number of refusals before a time, by cause."""
    return Counter(cause for cause, at in answers if at < before)


async def counted(server: FaultServer) -> Counter[str]:
    """Return the refusals in the metrics by cause."""
    text = (await asyncio.to_thread(server.get, "/metrics")).text
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    found = [sample for sample in samples if sample.name == REJECTED]
    return Counter({sample.labels["cause"]: int(sample.value) for sample in found})


def rows(server: FaultServer) -> Counter[str]:
    """Return the refusals that have rows, by cause."""
    return Counter(row["cause"] for row in server.connections() if row["state"] == "rejected")


def without_rows(server: FaultServer) -> Counter[str]:
    """Return the refusals that have no rows, by cause."""
    return Counter({row["cause"]: int(row["number"]) for row in server.rows.select(NUMBERS)})


@pytest.mark.parametrize("software", ["daphne", "uvicorn"])
async def test_flood__has_few_rows_and_is_counted_exactly_once(start: Start, software: str) -> None:
    options = ["--websocket_connect_timeout", "60"] if software == "daphne" else []
    server = start(software, *options, application=MONITOR, LOG_LEVEL="WARNING")
    async with viewing(server) as viewer:
        began = time.monotonic()
        sent = by_cause(await flood(server, HANDSHAKES_PER_SECOND * SECONDS))
        seconds = time.monotonic() - began
        assert sent.total() == HANDSHAKES_PER_SECOND * SECONDS
        assert await counted(server) == sent
        await until(lambda: rows(server) + without_rows(server) == sent)
        # A handshake that was slow when the flood began already had a row.
        assert rows(server).total() <= ROWS_PER_SECOND * (seconds + BURST_SECONDS) + 1 + AT_ONCE
        numbers = without_rows(server).total()
        assert (await viewer.sees(lambda trust: trust["unstored"] == numbers))["dropped"] == 0
    assert {row["state"] for row in server.connections()} == {"rejected"}
    await asyncio.to_thread(server.stop)
    assert rows(server) + without_rows(server) == sent
    assert server.complaints() == []


async def test_flood__kill_loses_at_most_the_last_second(start: Start) -> None:
    server = start("daphne", application=MONITOR, LOG_LEVEL="WARNING")
    answers = await flood(server, HANDSHAKES_PER_SECOND * 3)
    server.process.kill()
    killed_at = time.monotonic()
    server.process.wait()
    server.start()
    least = by_cause(answers, before=killed_at - OLD_SECONDS)
    assert least.total() > HANDSHAKES_PER_SECOND
    await until(lambda: rows(server) + without_rows(server) >= least)
    assert rows(server) + without_rows(server) <= by_cause(answers)
