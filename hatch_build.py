"""Build hook of the wheel: adds the vendored scripts without their source maps, which are larger than the rest.

The checkout and the source archive hold the scripts as published. ``ManifestStaticFilesStorage`` refuses a script
that names a missing source map, so the copy in the wheel does not name its source map.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = "static/vendor"
TARGET = "lifecycle_dashboard/static/lifecycle_dashboard/vendor"
#: These describe the files as published, including the source maps.
LEFT_OUT = {"CHECKSUMS", "README.md"}
NAMES_A_MAP = re.compile(rb"^//# sourceMappingURL=.*\n?", re.MULTILINE)


class VendoredFiles(BuildHookInterface):
    """Adds the vendored files to the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Copy the files into a temporary folder, and tell hatchling where they belong in the wheel."""
        self.copies = TemporaryDirectory()
        root = Path(self.root, SOURCE)
        for file in sorted(root.rglob("*")):
            if file.is_file() and file.suffix != ".map" and file.name not in LEFT_OUT:
                name = file.relative_to(root)
                copy = Path(self.copies.name, name)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(without_map(file))
                build_data["force_include"][str(copy)] = f"{TARGET}/{name.as_posix()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Delete the copies."""
        self.copies.cleanup()


def without_map(file: Path) -> bytes:
    """Return the content of a file, without the comment that names a source map if the file is a script."""
    content = file.read_bytes()
    return NAMES_A_MAP.sub(b"", content) if file.suffix == ".js" else content
