"""Vendored files are as published: each is listed, and each matches its checksum."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parent.parent.parent / "static" / "vendor"
PACKAGES = sorted(folder for folder in VENDOR.iterdir() if folder.is_dir())
LIST = "CHECKSUMS"
CHART_FILES = {"LICENSE.md", "README.md", "VERSION", "chart.umd.min.js", "chart.umd.min.js.map"}

each_package = pytest.mark.parametrize("package", PACKAGES, ids=lambda folder: folder.name)


def recorded(package: Path) -> dict[str, str]:
    """Return path -> sha256 as the package's list has them; a path listed twice is an error."""
    lines = (package / LIST).read_text().splitlines()
    pairs = [line.split(maxsplit=1) for line in lines if not line.startswith("#")]
    sums = {path: digest for digest, path in pairs}
    assert len(sums) == len(pairs)
    return sums


def on_disk(package: Path) -> set[str]:
    """Return every file under the package's folder, hidden ones too, but for the list itself."""
    files = {path.relative_to(package).as_posix() for path in package.rglob("*") if not path.is_dir()}
    return files - {LIST}


def note(package: Path, name: str) -> str:
    """Return the value of a `# name value` line of the list."""
    found = re.search(rf"^# {name} (.+)$", (package / LIST).read_text(), re.MULTILINE)
    assert found, f"{package.name}/{LIST} has no '# {name}' line"
    return found[1]


def test_vendor__chart_js_is_there_whole() -> None:
    assert on_disk(VENDOR / "chart.js") == CHART_FILES


def test_vendor__holds_packages_only() -> None:
    assert [path.name for path in VENDOR.iterdir() if not path.is_dir()] == []


@each_package
def test_checksums__list_every_file_and_no_other(package: Path) -> None:
    assert set(recorded(package)) == on_disk(package)


@each_package
def test_checksums__match(package: Path) -> None:
    actual = {path: hashlib.sha256((package / path).read_bytes()).hexdigest() for path in on_disk(package)}
    assert actual == recorded(package)


@each_package
def test_integrity__is_a_sha512_of_the_same_version(package: Path) -> None:
    algorithm, _, digest = note(package, "integrity").partition("-")
    version = (package / "VERSION").read_text().strip()
    assert algorithm == "sha512"
    assert len(base64.b64decode(digest, validate=True)) == hashlib.sha512().digest_size
    assert note(package, "package") == f"{package.name} {version}"
    assert note(package, "tarball").endswith(f"-{version}.tgz")


def test_version__is_what_the_script_says() -> None:
    script = (VENDOR / "chart.js" / "chart.umd.min.js").read_text()
    version = (VENDOR / "chart.js" / "VERSION").read_text().strip()
    assert script.startswith(f"/*!\n * Chart.js v{version}\n")
    assert f'version="{version}"' in script


@each_package
def test_source_map__is_beside_its_script(package: Path) -> None:
    for script in package.rglob("*.js"):
        maps = re.findall(r"^//# sourceMappingURL=(\S+)", script.read_text(), re.MULTILINE)
        assert [name for name in maps if not (script.parent / name).is_file()] == []
