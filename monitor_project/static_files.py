"""Serves the static files compressed, although they stay in their source folders: ``collectstatic`` is not needed.

WhiteNoise sends the compressed copy of a file only if it is in the same folder. Here, the copies are in the data
folder. A process that starts compresses the files that have no copy yet.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from pathlib import Path
from wsgiref.headers import Headers

from django.conf import settings
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

log = logging.getLogger(__name__)

#: Smaller files fit into one packet.
SMALLEST = 1024
#: Scripts, styles and images as text. Other files are compressed already, or rarely sent.
COMPRESSED = {".css", ".js", ".svg"}

Stats = dict[str, os.stat_result]


class CompressedStaticFiles(WhiteNoiseMiddleware):
    """WhiteNoise with compressed copies in ``settings.COMPRESSED_STATIC_DIR``."""

    def get_static_file(self, path: str, url: str, stat_cache: Stats | None = None) -> StaticFile:
        """Return a file with its headers and its compressed copy.

        ``stat_cache`` is ``None`` if WhiteNoise looks for files at each request, as it does while developing; then
        nothing is compressed.
        """
        copy = compressed(path, stat_cache[path]) if stat_cache else None
        if copy is None or stat_cache is None:
            return super().get_static_file(path, url, stat_cache)
        stat_cache[copy] = os.stat(copy)
        headers = Headers([])
        self.add_mime_headers(headers, path, url)
        self.add_cache_headers(headers, path, url)
        return StaticFile(path, headers.items(), encodings={"gzip": copy}, stat_cache=stat_cache)


def compressed(path: str, stat: os.stat_result) -> str | None:
    """Return the path of the compressed copy of a file, which is made if it is missing.

    Returns ``None`` if compression does not pay off, or if the copy cannot be written. A file that changed gets
    another copy.
    """
    if Path(path).suffix not in COMPRESSED or stat.st_size < SMALLEST:
        return None
    name = hashlib.sha256(f"{path} {stat.st_mtime_ns} {stat.st_size}".encode()).hexdigest()[:32]
    copy = Path(settings.COMPRESSED_STATIC_DIR) / f"{name}.gz"
    if copy.exists():
        return str(copy)
    try:
        write(copy, Compressor.compress_gzip(Path(path).read_bytes()))
    except OSError as error:
        log.warning("%s is sent uncompressed: %s", path, error)
        return None
    return str(copy)


def write(target: Path, content: bytes) -> None:
    """Write a file at once, because another process may write or read it at the same time."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as temporary:
        temporary.write(content)
    os.replace(temporary.name, target)
