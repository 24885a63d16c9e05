"""The spool of the tests of the record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lifecycle.record.spool import Spool

#: The limit of the spool in bytes.
LIMIT = 1024 * 1024


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Return an open spool."""
    spool = Spool(tmp_path / "spool" / "one", LIMIT)
    yield spool
    if spool.descriptor is not None:
        spool.close()
