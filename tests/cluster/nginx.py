"""A real nginx in front of some servers, configured by the example that the documentation gives."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from tests.integration.servers import ROOT
from tests.ports import HOST, PATIENCE, ReservedPort, listens, wait_until_up

EXAMPLE = ROOT / "docs" / "examples" / "nginx.conf"
#: Debian puts nginx where only root's PATH leads.
PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {site};
}}
"""


class Nginx:
    """One nginx with a folder of its own; use as a context manager."""

    def __init__(self, folder: Path, upstreams: Sequence[int]) -> None:
        """Write the configuration for servers on these ports."""
        self.reservation = ReservedPort()
        self.port = self.reservation.number
        self.folder = folder
        folder.mkdir()
        site = folder / "site.conf"
        site.write_text(adapted(EXAMPLE.read_text(encoding="utf-8"), self.port, upstreams), encoding="utf-8")
        self.main = write_main(folder, site)

    def __enter__(self) -> Self:
        """Start."""
        self.process = subprocess.Popen(command(self.folder, self.main))
        wait_until_up(self.process, lambda: listens(self.port), (self.folder / "error.log").read_text)
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.reservation.close()


def adapted(example: str, port: int, upstreams: Sequence[int]) -> str:
    """Return the example with other addresses and nothing else changed."""
    servers = "\n".join(f"    server {HOST}:{one};" for one in upstreams)
    example, listens = re.subn(r"listen 80;", f"listen {HOST}:{port};", example)
    example, lists = re.subn(r"(    server 127\.0\.0\.1:\d+;\n)+", f"{servers}\n", example)
    assert (listens, lists) == (1, 1), "the example has changed: adapt this too"
    return example


def write_main(folder: Path, site: Path) -> Path:
    """Write what Debian's own nginx.conf has around a site, with paths that anybody may write to."""
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder, site=site), encoding="utf-8")
    return main


def command(folder: Path, main: Path, *options: str) -> list[str | Path]:
    """Return the command line of nginx."""
    return [PROGRAM, "-p", folder, "-c", main, "-e", folder / "error.log", *options]
