"""Tests of the rate limit on a client's frames."""

from __future__ import annotations

import pytest

from lifecycle.status.allowance import BURST, Allowance


def test_take__allows_a_burst_and_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("lifecycle.status.allowance.time.monotonic", lambda: now[0])
    allowance = Allowance()
    assert all(allowance.take() for _ in range(int(BURST)))
    assert not allowance.take()
    now[0] += 0.11
    assert [allowance.take() for _ in range(6)] == [True] * 5 + [False]
    now[0] += 3600
    assert sum(allowance.take() for _ in range(1000)) == BURST
