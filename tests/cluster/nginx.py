"""A real nginx in front of some servers, with the configuration from the documentation."""

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
#: Debian installs nginx in /usr/sbin, which is often not in PATH.
PROGRAM = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "nginx"
#: What turns the limits in the example into comments.
LIMITS = re.compile(r"#(?=map \$http_upgrade|limit_req)")
MAIN = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 8192; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {site};
}}
"""


class Nginx:
    """One nginx with its own folder; use as a context manager."""

    def __init__(self, folder: Path, upstreams: Sequence[int], *, limited: bool = False) -> None:
        """Write the configuration for servers on these ports; ``limited`` enables the limits of handshakes."""
        self.reservation = ReservedPort()
        self.port = self.reservation.number
        self.folder = folder
        folder.mkdir()
        site = folder / "site.conf"
        text = adapted(folder, self.port, upstreams)
        site.write_text(LIMITS.sub("", text) if limited else text, encoding="utf-8")
        self.main = write_main(folder, site)

    def __enter__(self) -> Self:
        """Start."""
        self.process = subprocess.Popen(command(self.folder, self.main))
        wait_until_up(self.process, lambda: listens(self.port), (self.folder / "error.log").read_text)
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop."""
        self.stop()
        self.reservation.close()

    def stop(self) -> None:
        """Stop the process, which writes its logs; a second call does nothing."""
        self.process.terminate()
        self.process.wait(PATIENCE)


def adapted(folder: Path, port: int, upstreams: Sequence[int]) -> str:
    """Return the example with only the addresses changed, and with its log in ``folder``."""
    example = EXAMPLE.read_text(encoding="utf-8")
    example, logs = re.subn(r"/var/log/nginx/", f"{folder}/", example)
    example, listens = re.subn(r"listen 80;", f"listen {HOST}:{port};", example)
    example, lists = re.subn(
        r"(?:    server 127\.0\.0\.1:\d+([^;]*);\n)+",
        lambda found: "".join(f"    server {HOST}:{one}{found[1]};\n" for one in upstreams),
        example,
    )
    assert (logs, listens, lists) == (1, 1, 1), "the example has changed: adapt this too"
    return example


def write_main(folder: Path, site: Path) -> Path:
    """Write a main configuration like Debian's around a site, with paths inside ``folder``; return its path."""
    main = folder / "nginx.conf"
    main.write_text(MAIN.format(folder=folder, site=site), encoding="utf-8")
    return main


def command(folder: Path, main: Path, *options: str) -> list[str | Path]:
    """Return the command line of nginx."""
    return [PROGRAM, "-p", folder, "-c", main, "-e", folder / "error.log", *options]
