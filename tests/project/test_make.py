"""``make run`` in a fresh clone: it installs the packages and starts the monitor."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.integration.servers import ROOT
from tests.ports import ReservedPort

pytestmark = pytest.mark.slow
#: What a clone does not have.
CREATED = shutil.ignore_patterns(
    ".git", ".venv", ".make.lock", "node_modules", "var", "dist", "build", "__pycache__", ".*_cache"
)
#: The variables of a make that runs these tests.
OF_MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "LOCKED", "DATA_DIR", "DATABASE_URL"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """Return a copy of the checkout in which nothing is installed."""
    return Path(shutil.copytree(ROOT, tmp_path / "clone", ignore=CREATED, symlinks=True))


@contextmanager
def make_run(clone: Path, data: Path) -> Iterator[subprocess.Popen[str]]:
    """Run ``make run`` on a free port with its own data folder; end all its processes afterwards."""
    reserved = ReservedPort()
    inherited = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    with subprocess.Popen(
        ["make", "run", f"PYTHON={sys.executable}"],
        cwd=clone,
        env={**inherited, "PORT": str(reserved.number), "DATA_DIR": str(data)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            reserved.close()


def output(process: subprocess.Popen[str]) -> str:
    """Return the output until the monitor is ready, or all output if it fails."""
    lines = []
    for line in process.stdout or ():
        lines.append(line)
        if "Ctrl-C" in line:
            break
    return "".join(lines)


def test_make_run__twice_at_once_in_a_fresh_clone_installs_once(clone: Path, tmp_path: Path) -> None:
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        runs = [stack.enter_context(make_run(clone, tmp_path / name)) for name in ("a", "b")]
        found = list(pool.map(output, runs))
    assert ["Ctrl-C" in text for text in found] == [True, True], found
    both = "".join(found)
    assert both.count("Creating the virtual environment") == 1
    assert both.count("Installing requirements/run.lock") == 1
    assert "waiting until it is done" in both


def test_make__names_the_goal_if_python_is_too_old(clone: Path) -> None:
    old = clone / "old-python"
    old.write_text("#!/bin/sh\necho 'Python 3.9.1'\nexit 1\n")
    old.chmod(0o755)
    inherited = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
    done = subprocess.run(
        ["make", "run", f"PYTHON={old}"], cwd=clone, env=inherited, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed" in done.stderr
    assert "make run PYTHON=python3.12" in done.stderr
