"""Each misconfiguration gives one exact warning; a correctly configured project gives none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core import checks as django_checks
from django.core.checks import Warning as CheckWarning
from pytest_django import Settings

from lifecycle import checks, conf
from lifecycle.setting_rules import RULES


def test_register__adds_the_tag_lifecycle() -> None:
    checks.register()
    assert django_checks.tag_exists("lifecycle")


def test_checks__correct_configuration_gives_no_warning() -> None:
    checks.register()
    assert django_checks.run_checks(tags=["lifecycle"]) == []


def test_rules__cover_each_setting_and_accept_its_default() -> None:
    assert set(RULES) == set(conf.DEFAULTS)
    assert all(RULES[name].test(value) for name, value in conf.DEFAULTS.items())


def test_spool__folder_that_can_be_created_is_not_created(settings: Settings, tmp_path: Path) -> None:
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path / "a" / "b"}
    assert checks.check_spool(None) == []
    assert not (tmp_path / "a").exists()


def test_spool__below_a_file_cannot_be_written(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" / "spool"
    settings.LIFECYCLE = {"SPOOL_DIR": str(folder)}
    assert checks.check_spool(None) == [
        CheckWarning(
            f"The server cannot write to the spool folder {folder}, so no connection is recorded.",
            hint='Set LIFECYCLE["SPOOL_DIR"] to a folder that the server can write to, or change the permissions.',
            id="lifecycle.W001",
        )
    ]


def test_names__hint_for_a_misspelled_name_is_the_similar_name(settings: Settings) -> None:
    settings.LIFECYCLE = {"spool_directory": "x"}
    assert checks.check_names(None) == [
        CheckWarning(
            "LIFECYCLE has no setting 'spool_directory'.", hint="Did you mean 'SPOOL_DIR'?", id="lifecycle.W002"
        )
    ]


def test_names__hint_for_an_unknown_name_lists_all_names(settings: Settings) -> None:
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
        ("CLIENT_IP", "hashed", "'full', 'masked' or 'none'. Until then, the default is used: 'full'"),
        ("FLUSH_SECONDS", 0, "a number of seconds above 0. Until then, the default is used: 0.25"),
        ("FLUSH_SECONDS", "1", "a number of seconds above 0. Until then, the default is used: 0.25"),
        (
            "TOKEN_SECONDS",
            True,
            "a number of seconds above 0 and up to 86400. Until then, the default is used: 300",
        ),
        (
            "TOKEN_SECONDS",
            86_401,
            "a number of seconds above 0 and up to 86400. Until then, the default is used: 300",
        ),
        ("SYNC_SECONDS", -1, "a number of seconds, or 0 for never. Until then, the default is used: 0.2"),
        ("ENDPOINT_LIMIT", 1.5, "a whole number above 0. Until then, the default is used: 200"),
        (
            "APPLICATION_CODES",
            "4001",
            f"a list of close codes. Until then, the default is used: {conf.DEFAULTS['APPLICATION_CODES']!r}",
        ),
        ("SPOOL_DIR", 7, "a path. Until then, the default is used: None"),
        ("METRICS_TOKEN", None, "a string. Until then, the default is used: ''"),
    ],
)
def test_values__invalid_value_is_reported(settings: Settings, name: str, value: Any, words: str) -> None:  # noqa: ANN401
    settings.LIFECYCLE = {name: value}
    assert checks.check_values(None) == [
        CheckWarning(f"LIFECYCLE['{name}'] cannot be {value!r}.", hint=f"Set it to {words}.", id="lifecycle.W003")
    ]


def test_values__setting_that_is_not_a_dict_is_reported_once(settings: Settings) -> None:
    settings.LIFECYCLE = ["SPOOL_DIR"]
    found = django_checks.run_checks(tags=["lifecycle"])
    assert found == [
        CheckWarning(
            "LIFECYCLE is ['SPOOL_DIR'], not a dict.",
            hint='Write LIFECYCLE = {"SPOOL_DIR": ...}, or remove it.',
            id="lifecycle.W003",
        )
    ]


def test_lease__shorter_than_two_heartbeats_is_reported(settings: Settings) -> None:
    settings.LIFECYCLE = {"LEASE_SECONDS": 9, "HEARTBEAT_SECONDS": 5}
    assert checks.check_lease(None) == [
        CheckWarning(
            "LEASE_SECONDS (9) is less than twice HEARTBEAT_SECONDS (5): "
            "after one late heartbeat, the connections of a live process are recorded as ended.",
            hint='Set LIFECYCLE["LEASE_SECONDS"] to 20 or more.',
            id="lifecycle.W004",
        )
    ]


@pytest.mark.parametrize("lease", [10, "9"])
def test_lease__that_is_long_enough_or_invalid_is_not_reported(settings: Settings, lease: object) -> None:
    settings.LIFECYCLE = {"LEASE_SECONDS": lease, "HEARTBEAT_SECONDS": 5}
    assert checks.check_lease(None) == []


def test_metrics_token__short_token_is_reported_without_its_value(settings: Settings) -> None:
    settings.LIFECYCLE = {"METRICS_TOKEN": "hunter2"}
    assert checks.check_metrics_token(None) == [
        CheckWarning(
            "METRICS_TOKEN has fewer than 16 characters: it can be guessed.",
            hint="Generate one with: python -c 'import secrets; print(secrets.token_urlsafe())'",
            id="lifecycle.W005",
        )
    ]


def test_application__missing_with_daphne_is_reported(settings: Settings) -> None:
    settings.ASGI_APPLICATION = None
    assert checks.check_application(None) == [
        CheckWarning(
            "ASGI_APPLICATION is not set: runserver has no application to serve WebSockets with.",
            hint='Add ASGI_APPLICATION = "<project>.asgi.application" to the settings.',
            id="lifecycle.W006",
        )
    ]
