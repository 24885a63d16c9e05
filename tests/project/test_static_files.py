"""The static files of the monitor's own project are sent compressed."""

from __future__ import annotations

import gzip
import os
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from pytest_django import Settings

from monitor_project.static_files import compressed

CHART = "lifecycle_dashboard/vendor/chart.js/chart.umd.min.js"
SCRIPT = "// a script with some repetition\n" * 100


@pytest.fixture(autouse=True)
def copies(settings: Settings, tmp_path: Path) -> Path:
    """Keep the compressed copies in a temporary folder, and return it."""
    settings.COMPRESSED_STATIC_DIR = tmp_path / "copies"
    return settings.COMPRESSED_STATIC_DIR


@pytest.fixture
def visitor() -> Client:
    """Return a client of the project as it runs, with the static files."""
    return Client()


def source(name: str) -> Path:
    """Return the path of a static file."""
    path = finders.find(name)
    assert isinstance(path, str)
    return Path(path)


def body(answer: object) -> bytes:
    """Return the body of a streamed response."""
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_chart_js__is_sent_with_less_than_80_kilobytes(visitor: Client) -> None:
    answer = visitor.get(f"/static/{CHART}", headers={"Accept-Encoding": "gzip, deflate, br"})
    sent = body(answer)
    assert (answer.status_code, answer["Content-Encoding"], answer["Vary"]) == (200, "gzip", "Accept-Encoding")
    assert len(sent) == int(answer["Content-Length"])
    assert len(sent) < 80_000
    assert gzip.decompress(sent) == source(CHART).read_bytes()


def test_chart_js__is_sent_plain_to_a_client_that_does_not_accept_gzip(visitor: Client) -> None:
    answer = visitor.get(f"/static/{CHART}", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert body(answer) == source(CHART).read_bytes()


@pytest.mark.parametrize(
    "name", ["lifecycle_dashboard/js/main.js", "admin/css/base.css", "lifecycle/js/status_page.js"]
)
def test_script_or_style__is_sent_compressed_with_its_type(visitor: Client, name: str) -> None:
    answer = visitor.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert re.match("text/(javascript|css)", answer["Content-Type"])
    assert gzip.decompress(body(answer)) == source(name).read_bytes()


def test_compressed__is_made_once_and_again_for_a_changed_file(tmp_path: Path, copies: Path) -> None:
    script = tmp_path / "script.js"
    script.write_text(SCRIPT)
    first = compressed(str(script), script.stat())
    assert compressed(str(script), script.stat()) == first
    script.write_text(SCRIPT + "// changed")
    second = compressed(str(script), script.stat())
    assert second
    assert second != first
    assert gzip.decompress(Path(second).read_bytes()).decode() == SCRIPT + "// changed"
    assert {path.suffix for path in copies.iterdir()} == {".gz"}


def test_compressed__leaves_small_files_and_pictures_alone(tmp_path: Path) -> None:
    small, picture = tmp_path / "small.js", tmp_path / "picture.png"
    small.write_text("//")
    picture.write_bytes(os.urandom(5000))
    assert compressed(str(small), small.stat()) is None
    assert compressed(str(picture), picture.stat()) is None


def test_compressed__copy_that_cannot_be_written_is_logged_and_the_file_sent_plain(
    tmp_path: Path, copies: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copies.write_text("a file, where the folder should be")
    script = tmp_path / "script.js"
    script.write_text(SCRIPT)
    assert compressed(str(script), script.stat()) is None
    assert "is sent uncompressed" in caplog.text
