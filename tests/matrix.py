"""Runs tests with each installed Python and each Django that supports it: ``make matrix``.

Each pair gets a temporary virtual environment, with the pins in ``requirements/`` except Django's. Arguments go to
pytest, and replace the selection of tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13")
#: Django -> the Pythons that it supports.
DJANGOS = {"5.2": PYTHONS, "6.0": ("3.12", "3.13"), "6.1": ("3.12", "3.13")}
#: What the selected tests need besides ``requirements/run.txt``.
TOOLS = ("hypothesis", "psycopg", "psycopg-binary", "pytest", "pytest-asyncio", "pytest-django", "uvicorn",
         "websockets", "wsproto")  # fmt: skip
#: The tests that start no browser, no cluster and no faults; and those of every kind of end on real servers.
FAST = ["-m", "not slow and not browser", *(f"--ignore=tests/{name}" for name in ("browser", "cluster", "faults"))]
SERVERS = ["tests/integration/test_ends.py"]
CAN_MAKE_VENVS = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"


def main() -> int:
    """Run all pairs; return 1 if one fails, or if none can be run."""
    results = {}
    for version in PYTHONS:
        python = find_python(version)
        for django, supported in DJANGOS.items():
            if version in supported:
                results[version, django] = run(python, django) if python else "not installed"
    for (version, django), result in results.items():
        print(f"Python {version}  Django {django}  {result}")
    failed = any(result.startswith("failed") for result in results.values())
    return int(failed or "passed" not in results.values())


def find_python(version: str) -> Path | None:
    """Return an interpreter of this version that can make virtual environments; ``None`` if there is none."""
    return next((python for python in candidates(version) if answers(python) == version), None)


def candidates(version: str) -> Iterator[Path]:
    """Yield the interpreters that may have this version: this one, those on the path, and those of pyenv."""
    yield Path(sys.executable)
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}.*/bin/python"))


def answers(python: Path) -> str:
    """Return the version of an interpreter; empty if it does not run or cannot make virtual environments."""
    done = subprocess.run([python, "-c", CAN_MAKE_VENVS], capture_output=True, text=True, check=False)
    return done.stdout.strip()


def run(python: Path, django: str) -> str:
    """Run the tests with a Python and a Django in a new environment; return how that ended."""
    print(f"\n{answers(python)} with Django {django}", flush=True)
    with tempfile.TemporaryDirectory(prefix="matrix-") as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        own = Path(folder, "bin", "python")
        constraints = Path(folder, "constraints.txt")
        constraints.write_text("".join(f"{pin}\n" for pin in pins("run") + pins("test")))
        names = [pin.partition("==")[0] for pin in pins("run")]
        install = [own, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "-c", constraints]
        if subprocess.run([*install, *names, *TOOLS, f"Django~={django}.0"], check=False).returncode:
            return "failed: packages could not be installed"
        selections = [sys.argv[1:]] if sys.argv[1:] else [FAST, SERVERS]
        return "passed" if all(passes(own, selection) for selection in selections) else "failed"


def pins(name: str) -> list[str]:
    """Return the pins in a file of ``requirements/``, except Django's."""
    lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if "==" in line and not line.lower().startswith(("#", "django=="))]


def passes(python: Path, selection: list[str]) -> bool:
    """Return whether the selected tests pass."""
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *selection]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
