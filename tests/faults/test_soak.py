"""A short soak: see ``tests/faults/soak.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.soak import chosen_seed, run

pytestmark = [pytest.mark.slow, pytest.mark.one_database]

SECONDS = 5.0


async def test_soak__returns_to_where_it_began(tmp_path: Path) -> None:
    await run(tmp_path / "data", SECONDS, chosen_seed())
