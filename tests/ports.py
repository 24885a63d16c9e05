"""Ports for the real servers that tests start, and the wait until a server is up."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable

HOST = "127.0.0.1"
#: Seconds for a start or a stop. Both take one or two on an idle machine.
PATIENCE = 60.0


class ReservedPort:
    """A free port that no other program gets until ``close``."""

    def __init__(self) -> None:
        # Bound and never listening: a server that sets SO_REUSEADDR may still listen on it.
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((HOST, 0))
        self.number: int = self.socket.getsockname()[1]

    def close(self) -> None:
        """Give the port back."""
        self.socket.close()


def listens(port: int) -> bool:
    """Return whether a server accepts connections on a port."""
    try:
        socket.create_connection((HOST, port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def wait_until_up(
    process: subprocess.Popen[bytes], is_up: Callable[[], bool], said: Callable[[], str] = str
) -> None:
    """Return once a server is up; fail with what it ``said`` if it ends, or is not up after ``PATIENCE``."""
    deadline = time.monotonic() + PATIENCE
    while not is_up():
        assert process.poll() is None, f"{process.args} ended:\n{said()}"
        assert time.monotonic() < deadline, f"{process.args} is not up after {PATIENCE} s:\n{said()}"
        time.sleep(0.05)
