"""A lock for the preparation of the database: if several processes start at once, they migrate one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper

from lifecycle.record.folders import FileLock, LockError

#: The key of the advisory lock in PostgreSQL, where it is valid within one database. Any fixed number will do.
KEY = 4_404_001
#: Seconds between two attempts to get the lock. A blocking call would keep a snapshot open, for which
#: ``CREATE INDEX CONCURRENTLY`` in the migration of another process would wait.
PAUSE_SECONDS = 0.1


@contextmanager
def start_lock(connection: BaseDatabaseWrapper, on_wait: Callable[[], object]) -> Iterator[None]:
    """Hold the lock of a database; if another process holds it, call ``on_wait`` once and wait.

    The lock ends with its process. A database that is neither PostgreSQL nor SQLite has no lock.
    """
    if connection.vendor == "postgresql":
        with advisory_lock(connection, on_wait):
            yield
    elif connection.vendor == "sqlite":
        with file_lock(Path(f"{connection.settings_dict['NAME']}.lock"), on_wait):
            yield
    else:
        yield


@contextmanager
def advisory_lock(connection: BaseDatabaseWrapper, on_wait: Callable[[], object]) -> Iterator[None]:
    """Hold an advisory lock of PostgreSQL (PostgreSQL documentation, "Advisory Locks").

    A transaction of a second connection holds the lock. A lock of the session would outlive its process in the
    pool of PgBouncer.
    """
    second = connection.copy()
    second.set_autocommit(False)

    def acquire() -> bool:
        with second.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [KEY])
            return bool(cursor.fetchone()[0])

    try:
        wait_for(acquire, on_wait)
        yield
    finally:
        second.close()


@contextmanager
def file_lock(path: Path, on_wait: Callable[[], object]) -> Iterator[None]:
    """Lock a file in the folder of the SQLite database.

    Raises ``CommandError`` if the file cannot be created or locked; waiting would not help.
    """
    lock = FileLock(path)
    try:
        wait_for(lock.acquire_if_free, on_wait)
    except LockError as error:
        raise CommandError(
            f"The file system of {path.parent} cannot lock files: {error.strerror}.\n"
            "Put the database on another file system: set DATA_DIR, or DATABASE_URL if you use it."
        ) from error
    except OSError as error:
        raise CommandError(
            f"Cannot create the lock file {path}: {error.strerror}.\n"
            f"Check that the folder {path.parent} exists and that this user may write to it, or choose another one"
            " with DATA_DIR, or with DATABASE_URL if you use it."
        ) from error
    try:
        yield
    finally:
        lock.release()


def wait_for(acquire: Callable[[], bool], on_wait: Callable[[], object]) -> None:
    """Return when ``acquire`` succeeds; call ``on_wait`` once if the first attempt fails."""
    if not acquire():
        on_wait()
        while not acquire():
            time.sleep(PAUSE_SECONDS)
