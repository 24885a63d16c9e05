"""The monitor's ASGI application, which writes a byte into a file for each part of an export that it reads.

With ``FAIL_AT`` in the environment, the part with that number fails. ``PATIENCE`` is how many seconds a client has
to read a part.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from monitor_project.asgi import application

__all__ = ["application"]

# The import above loads the apps.
from dashboard.api import export, streaming

PARTS = Path(os.environ["DATA_DIR"], "parts")
FAIL_AT = int(os.environ.get("FAIL_AT", "0"))
read_part = export.read_part
streaming.PATIENCE_SECONDS = float(os.environ.get("PATIENCE", "60"))


def counted(*arguments: Any) -> Any:  # noqa: ANN401 - as read_part
    """Count and read a part."""
    with PARTS.open("ab") as file:
        file.write(b".")
        number = file.tell()
    if number == FAIL_AT:
        raise RuntimeError("the database is gone")
    return read_part(*arguments)


export.read_part = counted
