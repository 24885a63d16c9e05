"""The lock files: each pinned package is there with its version and with hashes."""

from __future__ import annotations

import re

import pytest

from tests.integration.servers import ROOT

REQUIREMENTS = ROOT / "requirements"
NAMES = ["run", "postgres", "test"]
PIN = re.compile(r"^([\w.-]+)==(\S+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def normalized(name: str) -> str:
    """Return the name of a package as indexes compare it (Python Packaging User Guide, "Name normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name: str) -> dict[str, str]:
    """Return the versions by package that a file and the files that it includes pin."""
    text = (REQUIREMENTS / name).read_text(encoding="utf-8")
    included = [pins(other) for other in re.findall(r"^-r (\S+)", text, re.MULTILINE)]
    own = {normalized(package): version for package, version in PIN.findall(text)}
    return {package: version for file in (*included, own) for package, version in file.items()}


@pytest.mark.parametrize("name", NAMES)
def test_lock__has_the_pinned_versions(name: str) -> None:
    wanted, locked = pins(f"{name}.txt"), pins(f"{name}.lock")
    assert {package: locked.get(package) for package in wanted} == wanted, "run `make lock`"


@pytest.mark.parametrize("name", NAMES)
def test_lock__has_hashes_for_each_package(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=\w)", text.partition("make lock\n")[2])
    assert len(blocks) >= len(pins(f"{name}.txt"))
    assert [block for block in blocks if not HASH.search(block)] == []


def test_makefile__installs_only_with_hashes() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"\$\(PIP\) install (\S+ \S+)", makefile) == ["--require-hashes -r"]
