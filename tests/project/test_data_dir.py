"""The data folder and the secret key in it."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from monitor_project.data_dir import load_or_create_secret_key, make_data_dir, make_private
from tests.integration.servers import manage


def mode(path: Path) -> int:
    """Return the permission bits of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def usual_umask() -> Iterator[None]:
    """Let other users read what is created, as most systems do."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def write_to(database: Path) -> sqlite3.Connection:
    """Return a connection that has written to a database, so its -wal and -shm files exist."""
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS words (word TEXT)")
    connection.execute("INSERT INTO words VALUES ('secret')")
    connection.commit()
    return connection


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


def test_make_private__before_the_database_exists(tmp_path: Path) -> None:
    with usual_umask():
        make_private(tmp_path / "monitor.sqlite3")
        with closing(write_to(tmp_path / "monitor.sqlite3")):
            assert {file.name: mode(file) for file in tmp_path.iterdir()} == {
                "monitor.sqlite3": 0o600,
                "monitor.sqlite3-wal": 0o600,
                "monitor.sqlite3-shm": 0o600,
            }


def test_make_private__keeps_an_existing_database(tmp_path: Path) -> None:
    database = tmp_path / "monitor.sqlite3"
    with usual_umask(), closing(write_to(database)) as connection:
        assert {mode(file) for file in tmp_path.iterdir()} == {0o644}
        make_private(database)
        assert {mode(file) for file in tmp_path.iterdir()} == {0o600}
        assert connection.execute("SELECT word FROM words").fetchall() == [("secret",)]


@pytest.mark.parametrize("name", [":memory:", "file:words?mode=memory", ""])
def test_make_private__ignores_names_that_are_not_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make_private(name)
    assert list(tmp_path.iterdir()) == []


def test_make_private__leaves_a_missing_folder_to_the_database(tmp_path: Path) -> None:
    make_private(tmp_path / "missing" / "monitor.sqlite3")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_data_dir__database_in_an_existing_folder_is_for_its_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    tmp_path.chmod(0o755)
    with usual_umask():
        manage(tmp_path, "migrate", "--verbosity", "0")
    assert mode(tmp_path) == 0o755
    assert mode(tmp_path / "monitor.sqlite3") == 0o600


@pytest.mark.slow
def test_database_url__sqlite_file_is_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o755)
    for variable, name in (("DATABASE_URL", "default"), ("RECORD_DATABASE_URL", "record")):
        monkeypatch.setenv(variable, f"sqlite:///{folder / name}")
    with usual_umask():
        manage(tmp_path, "migrate", "--verbosity", "0")
        manage(tmp_path, "migrate", "--database", "record", "--verbosity", "0")
    assert {file.name: mode(file) for file in folder.iterdir()} == {"default": 0o600, "record": 0o600}
