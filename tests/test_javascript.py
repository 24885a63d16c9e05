"""Checks of the JavaScript: its unit tests (run by Node.js), its imports, and the lock file of its tools."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

ROOT = Path(__file__).resolve().parent.parent
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))
HOW_TO_GET_NODE = (
    "The unit tests of the scripts need Node.js 18 or newer. On Debian and Ubuntu: apt-get install nodejs npm"
)
IMPORT = re.compile(r'^(?:import|export)\b[^;]*?\bfrom "([^"]+)";', re.MULTILINE)
PUBLIC_REGISTRY = "https://registry.npmjs.org/"


@pytest.fixture(scope="module")
def node() -> str:
    """Return the path of Node.js; fail the test if it is not installed."""
    return shutil.which("node") or pytest.fail(HOW_TO_GET_NODE)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name.removesuffix(".test.js"))
def test_scripts__pass_their_unit_tests(node: str, path: Path) -> None:
    run = subprocess.run([node, "--test", str(path)], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


def test_imports__resolve_to_files_after_collectstatic_added_hashes(settings: Settings, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": backend}}
    call_command("collectstatic", interactive=False, verbosity=0)

    scripts = list(tmp_path.glob("lifecycle*/js/**/*.js"))
    imports = [(path, target) for path in scripts for target in IMPORT.findall(path.read_text())]
    assert len(imports) > 100
    assert [(path, target) for path, target in imports if not (path.parent / target).is_file()] == []


def test_lock_file__uses_only_the_public_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"].values()
    sources = {package["resolved"] for package in packages if "resolved" in package}
    assert [source for source in sources if not source.startswith(PUBLIC_REGISTRY)] == []


def test_lock_file__has_a_checksum_for_each_package() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, package in packages.items() if name and "integrity" not in package] == []
