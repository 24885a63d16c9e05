"""The folder of a spool: its creation, the names of its files, and how it survives a power cut."""

from __future__ import annotations

import os
from pathlib import Path

LOCK_NAME = "lock"
SUFFIX = ".log"

# macOS and Windows have no fdatasync.
fdatasync = getattr(os, "fdatasync", os.fsync)


def make_folder(folder: Path) -> None:
    """Create the folder of a spool, readable only by its owner, and its parents if needed."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def segment_path(folder: Path, number: int) -> Path:
    """Return the path of a numbered segment; the file names sort by number."""
    return folder / f"{number:012d}{SUFFIX}"


def segments(folder: Path) -> list[Path]:
    """Return the paths of all segments in a folder, oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def fsync_folder(folder: Path) -> None:
    """Flush the list of files in a folder to disk (fsync(2), "Notes"). Windows has no such call."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def ignore_in_git(root: Path) -> None:
    """Keep the spools under ``root`` out of the project's Git repository."""
    ignore_file = root / ".gitignore"
    if not ignore_file.exists():
        ignore_file.write_text("*\n", encoding="ascii")
