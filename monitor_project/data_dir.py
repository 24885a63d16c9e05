"""Creates the data folder, its secret key and its database, each readable only by its owner."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key

#: What SQLite adds to the name of a database for its other files.
SQLITE_SUFFIXES = ("-wal", "-shm", "-journal")


def make_data_dir(path: Path) -> Path:
    """Create the folder ``path`` for its owner only (mode 0700) if it does not exist; return the path.

    Raises ``ImproperlyConfigured`` if the folder cannot be created or written to.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR must name a folder that the server can write to: {error}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(
            f"DATA_DIR must name a folder that the server can write to: no permission for {path}"
        )
    return path


def load_or_create_secret_key(path: Path) -> str:
    """Return the secret key in the file ``path``; the first call creates it, readable only by its owner.

    The file is created atomically, so processes that start at the same time use the same key.
    """
    if not path.exists():
        write_once(path, get_random_secret_key())
    return path.read_text(encoding="utf-8").strip()


def write_once(path: Path, text: str) -> None:
    """Create the file ``path`` with mode 0600 and content ``text``; do nothing if the file exists."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def make_private(database: str | Path) -> None:
    """Make an SQLite database readable only by its owner (mode 0600), and create the file if it does not exist.

    The database may be outside the data folder.

    The files that SQLite creates beside a database get the mode of the database. Files of another owner keep
    their mode. Does nothing for databases in memory. If the folder is missing, SQLite reports that.
    """
    name = str(database)
    if not name or name.startswith((":memory:", "file:")):
        return
    # An existing file is not opened: closing it would release the locks of this process's connections (fcntl(2)).
    with suppress(OSError):
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    for file in (name, *(name + suffix for suffix in SQLITE_SUFFIXES)):
        with suppress(OSError):
            os.chmod(file, 0o600)
