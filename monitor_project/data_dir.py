"""The folder that holds the data: made on the first start, with a secret key of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key


def make_data_dir(path: Path) -> Path:
    """Return `path` as a folder that can be written, for its owner alone if it has to be made."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"DATA_DIR must name a folder that can be written: {error}") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"DATA_DIR must name a folder that can be written: {path} cannot")
    return path


def kept_secret_key(path: Path) -> str:
    """Return the key in `path`; the first caller makes it, readable by its owner alone.

    The file appears whole or not at all, so processes that start together agree on one key.
    """
    if not path.exists():
        write_once(path, get_random_secret_key())
    return path.read_text(encoding="utf-8").strip()


def write_once(path: Path, text: str) -> None:
    """Create `path` holding `text` with mode 0600; leave it as it is if another process was first."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
