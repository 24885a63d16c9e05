"""Background jobs continue after failures, and do not delay each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from lifecycle.server.jobs import Jobs
from tests.asgi import soon


@pytest.fixture
async def jobs() -> AsyncIterator[Jobs]:
    """Return jobs that are cancelled after the test."""
    jobs = Jobs()
    yield jobs
    jobs.cancel()
    await asyncio.wait(jobs.tasks)


async def test_every__repeats_a_job(jobs: Jobs) -> None:
    third_run, remaining = asyncio.Event(), [1, 2, 3]

    async def job() -> None:
        remaining.pop()
        if not remaining:
            third_run.set()

    jobs.every(0, job, "count")
    await soon(third_run.wait())


async def test_every__continues_after_a_failure_and_logs_each_exception_type_once(
    jobs: Jobs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.server.jobs.QUIET_SECONDS", 0.0)
    done = asyncio.Event()
    failures: list[Exception] = [KeyError("third"), ValueError("second"), ValueError("first")]
    remaining = [1, 2, 3]

    async def job() -> None:
        if failures:
            raise failures.pop()
        if remaining:
            remaining.pop()
        else:
            done.set()

    jobs.every(0, job, "beat")
    await soon(done.wait())
    assert [record.getMessage() for record in caplog.records] == [
        "The monitor's beat failed (such failures are not logged again until it succeeds): ValueError('first')",
        "The monitor's beat failed (such failures are not logged again until it succeeds): KeyError('third')",
        "The monitor's beat succeeds again; number of failures: 3",
    ]


def test_failed__second_outage_of_a_job_is_logged_again(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.server.jobs.QUIET_SECONDS", 0.0)
    jobs = Jobs()
    for _ in range(2):
        jobs.failed("beat", OSError("gone"))
        jobs.failed("beat", OSError("gone"))
        jobs.succeeded("beat")
        jobs.succeeded("other")
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"] * 2


async def test_every__run_without_work_does_not_end_an_outage(
    jobs: Jobs, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lifecycle.server.jobs.QUIET_SECONDS", 0.0)
    done = asyncio.Event()
    results: list[bool | Exception] = [True, False, OSError("gone"), False, OSError("gone")]

    async def job() -> bool:
        if not results:
            done.set()
            return False
        result = results.pop()
        if isinstance(result, Exception):
            raise result
        return result

    jobs.every(0, job, "look")
    await soon(done.wait())
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert caplog.messages[1] == "The monitor's look succeeds again; number of failures: 2"


async def test_every__job_that_hangs_does_not_delay_another(jobs: Jobs) -> None:
    done = asyncio.Event()

    async def hang() -> None:
        await asyncio.Event().wait()

    async def job() -> None:
        done.set()

    jobs.every(0, hang, "hang")
    jobs.every(0, job, "job")
    await soon(done.wait())


async def test_start__names_the_task(jobs: Jobs) -> None:
    jobs.start(asyncio.sleep(0), "writer")
    assert [task.get_name() for task in jobs.tasks] == ["lifecycle-writer"]
