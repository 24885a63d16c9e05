"""Each misconfiguration is told as one exact warning, and a sound project is told nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core import checks as django_checks
from django.core.checks import Warning as CheckWarning
from pytest_django import Settings

from lifecycle import checks, conf
from lifecycle.setting_rules import RULES


def test_register__runs_under_its_tag() -> None:
    checks.register()
    assert django_checks.tag_exists("lifecycle")


def test_checks__sound_project_is_told_nothing() -> None:
    checks.register()
    assert django_checks.run_checks(tags=["lifecycle"]) == []


def test_rules__one_for_each_setting_and_its_default() -> None:
    assert set(RULES) == set(conf.DEFAULTS)
    assert all(RULES[name].test(value) for name, value in conf.DEFAULTS.items())


def test_spool__folder_that_can_be_made_is_not_made(settings: Settings, tmp_path: Path) -> None:
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "a" / "b"}
    assert checks.check_spool(None) == []
    assert not (tmp_path / "a").exists()


def test_spool__below_a_file_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "spool"
    settings.LIFECYCLE = {"SPOOL_DIR": str(folder)}
    assert checks.check_spool(None) == [
        CheckWarning(
            f"The spool folder {folder} cannot be written: no connection is recorded.",
            hint='Name a folder that the server may write in LIFECYCLE["SPOOL_DIR"], or grant that right.',
            id="lifecycle.W001",
        )
    ]


def test_names__near_miss_gets_the_name_that_was_meant(settings: Settings) -> None:
    settings.LIFECYCLE = {"spool_directory": "x"}
    assert checks.check_names(None) == [
        CheckWarning(
            "LIFECYCLE has no setting 'spool_directory'.", hint="Did you mean 'SPOOL_DIR'?", id="lifecycle.W002"
        )
    ]


def test_names__wild_guess_gets_all_names(settings: Settings) -> None:
    settings.LIFECYCLE = {"q": 1}
    assert checks.check_names(None) == [
        CheckWarning(
            "LIFECYCLE has no setting 'q'.",
            hint=f"The settings are {', '.join(conf.DEFAULTS)}.",
            id="lifecycle.W002",
        )
    ]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CLIENT_IP", "hashed", "'full', 'masked' or 'none'; without it, 'full' holds."),
        ("FLUSH_SECONDS", 0, "a number of seconds above 0; without it, 0.25 holds."),
        ("FLUSH_SECONDS", "1", "a number of seconds above 0; without it, 0.25 holds."),
        ("TOKEN_SECONDS", True, "a number of seconds above 0; without it, 300 holds."),
        ("SYNC_SECONDS", -1, "a number of seconds, or 0 for never; without it, 0.2 holds."),
        ("ENDPOINT_LIMIT", 1.5, "a whole number above 0; without it, 200 holds."),
        (
            "APPLICATION_CODES",
            "4001",
            f"a list of close codes; without it, {conf.DEFAULTS['APPLICATION_CODES']!r} holds.",
        ),
        ("SPOOL_DIR", 7, "a path; without it, None holds."),
        ("METRICS_TOKEN", None, "a text; without it, '' holds."),
    ],
)
def test_values__wrong_one_is_told(settings: Settings, name: str, value: Any, words: str) -> None:  # noqa: ANN401
    settings.LIFECYCLE = {name: value}
    assert checks.check_values(None) == [
        CheckWarning(f"LIFECYCLE['{name}'] cannot be {value!r}.", hint=f"Set it to {words}", id="lifecycle.W003")
    ]


def test_values__no_dict_is_told_once(settings: Settings) -> None:
    settings.LIFECYCLE = ["SPOOL_DIR"]
    found = django_checks.run_checks(tags=["lifecycle"])
    assert found == [
        CheckWarning(
            "LIFECYCLE is ['SPOOL_DIR'], not a dict.",
            hint='Write LIFECYCLE = {"SPOOL_DIR": ...}, or leave it out.',
            id="lifecycle.W003",
        )
    ]


def test_lease__shorter_than_two_heartbeats(settings: Settings) -> None:
    settings.LIFECYCLE = {"LEASE_SECONDS": 9, "HEARTBEAT_SECONDS": 5}
    assert checks.check_lease(None) == [
        CheckWarning(
            "LEASE_SECONDS (9) is less than twice HEARTBEAT_SECONDS (5): "
            "one late heartbeat ends the connections of a living process on record.",
            hint='Set LIFECYCLE["LEASE_SECONDS"] to 20 or more.',
            id="lifecycle.W004",
        )
    ]


@pytest.mark.parametrize("lease", [10, "9"])
def test_lease__long_enough_or_told_elsewhere(settings: Settings, lease: object) -> None:
    settings.LIFECYCLE = {"LEASE_SECONDS": lease, "HEARTBEAT_SECONDS": 5}
    assert checks.check_lease(None) == []


def test_metrics_token__short_one_is_told_and_not_shown(settings: Settings) -> None:
    settings.LIFECYCLE = {"METRICS_TOKEN": "hunter2"}
    assert checks.check_metrics_token(None) == [
        CheckWarning(
            "METRICS_TOKEN has fewer than 16 characters: it can be guessed.",
            hint="Make one with: python -c 'import secrets; print(secrets.token_urlsafe())'",
            id="lifecycle.W005",
        )
    ]


def test_application__daphne_without_one(settings: Settings) -> None:
    settings.ASGI_APPLICATION = None
    assert checks.check_application(None) == [
        CheckWarning(
            "ASGI_APPLICATION is not set: runserver has no application to serve WebSockets with.",
            hint='Add ASGI_APPLICATION = "<project>.asgi.application" to the settings.',
            id="lifecycle.W006",
        )
    ]
