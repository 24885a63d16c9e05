"""The data folder and the secret key in it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from monitor_project.data_dir import load_or_create_secret_key, make_data_dir


def mode(path: Path) -> int:
    """Return the permission bits of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def test_make_data_dir__creates_a_folder_for_its_owner_only(tmp_path: Path) -> None:
    made = make_data_dir(tmp_path / "a folder" / "var")
    assert mode(made) == 0o700


def test_make_data_dir__names_the_setting_if_the_folder_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ImproperlyConfigured, match="DATA_DIR must name a folder that the server can write to"):
        make_data_dir(tmp_path / "file" / "var")


def test_load_or_create_secret_key__is_long_and_private(tmp_path: Path) -> None:
    key = load_or_create_secret_key(tmp_path / "secret_key")
    assert len(key) >= 50
    assert mode(tmp_path / "secret_key") == 0o600


def test_load_or_create_secret_key__is_the_same_on_each_call(tmp_path: Path) -> None:
    first = load_or_create_secret_key(tmp_path / "secret_key")
    assert load_or_create_secret_key(tmp_path / "secret_key") == first
    assert [file.name for file in tmp_path.iterdir()] == ["secret_key"]


def test_load_or_create_secret_key__is_the_same_for_concurrent_callers(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(load_or_create_secret_key, [tmp_path / "secret_key"] * 64))
    assert len(keys) == 1
