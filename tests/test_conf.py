"""Settings: defaults, values of the project, and the spool folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import Settings

from lifecycle import conf


def test_get__returns_the_default_without_a_setting(settings: Settings) -> None:
    settings.LIFECYCLE = {}
    assert {name: conf.get(name) for name in conf.DEFAULTS} == dict(conf.DEFAULTS)


def test_get__returns_the_value_of_the_project(settings: Settings) -> None:
    settings.LIFECYCLE = {"LEASE_SECONDS": 60.0}
    assert (conf.get("LEASE_SECONDS"), conf.get("FLUSH_SECONDS")) == (60.0, conf.DEFAULTS["FLUSH_SECONDS"])


def test_get__follows_an_override_and_its_end() -> None:
    before = conf.get("RELEASE")
    with override_settings(LIFECYCLE={"RELEASE": "2026.11"}):
        assert conf.get("RELEASE") == "2026.11"
    assert conf.get("RELEASE") == before


def test_get__raises_key_error_for_an_unknown_name() -> None:
    with pytest.raises(KeyError):
        conf.get("NO_SUCH_SETTING")


def test_get__ignores_an_unknown_name_in_the_project(settings: Settings) -> None:
    settings.LIFECYCLE = {"NO_SUCH_SETTING": 1}
    assert conf.get("RELEASE") == ""


def test_get__returns_the_default_if_the_setting_is_no_dict(settings: Settings) -> None:
    settings.LIFECYCLE = ["SPOOL_DIR"]
    assert conf.get("LEASE_SECONDS") == conf.DEFAULTS["LEASE_SECONDS"]


def test_config__cannot_be_changed_in_place() -> None:
    with pytest.raises(TypeError):
        conf.get_config()["RELEASE"] = "x"  # type: ignore[index]
    with pytest.raises(TypeError):
        conf.DEFAULTS["RELEASE"] = "x"  # type: ignore[index]


def test_other_settings__do_not_clear_the_cache(settings: Settings) -> None:
    first = conf.get_config()
    settings.DEBUG = not settings.DEBUG
    assert conf.get_config() is first


@pytest.mark.parametrize("kind", [str, Path])
def test_spool_dir__is_the_folder_in_the_settings(settings: Settings, tmp_path: Path, kind: type) -> None:
    settings.LIFECYCLE = {"SPOOL_DIR": kind(tmp_path / "spool")}
    assert conf.spool_dir() == tmp_path / "spool"


def test_spool_dir__is_in_base_dir_by_default(settings: Settings, tmp_path: Path) -> None:
    settings.LIFECYCLE, settings.BASE_DIR = {}, str(tmp_path)
    assert conf.spool_dir() == tmp_path / ".lifecycle"


def test_spool_dir__without_base_dir_is_in_the_users_state_folder(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.LIFECYCLE, settings.BASE_DIR = {}, None
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert conf.spool_dir() == tmp_path / "state" / "channels-lifecycle"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert conf.spool_dir() == tmp_path / ".local" / "state" / "channels-lifecycle"


def test_get__returns_the_default_for_an_invalid_value(settings: Settings) -> None:
    settings.LIFECYCLE = {"APPLICATION_CODES": None, "FLUSH_SECONDS": "soon", "RELEASE": "2026.11"}
    names = ("APPLICATION_CODES", "FLUSH_SECONDS")
    assert [conf.get(name) for name in names] == [conf.DEFAULTS[name] for name in names]
    assert conf.get("RELEASE") == "2026.11"
