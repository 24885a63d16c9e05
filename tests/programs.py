"""The programs that some tests need and that pip does not install."""

from __future__ import annotations

import os
import shutil

import pytest


def program(*names: str, package: str) -> str:
    """Return the path of the first of these programs that is installed.

    If none is installed, fail in CI and skip the test elsewhere; the message names the Debian package.
    """
    for name in names:
        if found := shutil.which(name):
            return found
    absent = f"{names[0]} is missing. On Debian: apt-get install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    pytest.skip(absent)


def promtool() -> str:
    """Return the path of Prometheus's own checker of rules and metrics."""
    return program("promtool", package="prometheus")
