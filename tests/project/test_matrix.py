"""Which Pythons and packages ``make matrix`` uses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import matrix


def test_find_python__prefers_this_one_to_others_of_its_version() -> None:
    assert matrix.find_python(f"{sys.version_info.major}.{sys.version_info.minor}") == Path(sys.executable)


def test_find_python__of_a_version_that_is_not_installed_is_none() -> None:
    assert matrix.find_python("3.0") is None


def test_answers__program_that_is_no_python_has_no_version() -> None:
    assert matrix.answers(Path("/bin/true")) == ""


def test_pins__leave_out_django_alone() -> None:
    names = {pin.partition("==")[0].lower() for pin in matrix.pins("run") + matrix.pins("test")}
    assert "django" not in names
    assert {"channels", "django-stubs", *matrix.TOOLS} <= names


def test_main__pair_that_fails_is_reported_and_gives_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(matrix, "PYTHONS", ("3.11", "3.0"))
    monkeypatch.setattr(matrix, "DJANGOS", {"5.2": ("3.11", "3.0"), "6.0": ("3.11",)})
    monkeypatch.setattr(matrix, "find_python", lambda version: Path("python") if version == "3.11" else None)
    monkeypatch.setattr(matrix, "run", lambda python, django: "passed" if django == "5.2" else "failed")
    assert matrix.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "Python 3.11  Django 5.2  passed",
        "Python 3.11  Django 6.0  failed",
        "Python 3.0  Django 5.2  not installed",
    ]


def test_main__nothing_installed_gives_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "find_python", lambda version: None)
    assert matrix.main() == 1
