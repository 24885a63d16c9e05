"""``manage.py start``: prepares the database, creates an operator account if needed, and serves with Daphne."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from daphne.access import AccessLogGenerator
from daphne.endpoints import build_endpoint_description_strings
from daphne.server import Server
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

import lifecycle
from monitor_project.logins import validate_operator
from monitor_project.start_lock import start_lock

OPERATOR = "admin"
# With Daphne's defaults (50 waiting connections, 5 s), most handshakes in a burst of thousands fail.
BACKLOG = 4096
HANDSHAKE_SECONDS = 60
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - maps to the address for a browser


class Command(BaseCommand):
    """Starts the monitor from a fresh checkout; safe to run again."""

    help = "Apply migrations, create the operator account on the first start, and serve with Daphne."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add host and port; their defaults come from the environment variables HOST and PORT."""
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"))

    def handle(self, *, host: str, port: str, **options: Any) -> None:  # noqa: ANN401
        """Prepare the database, then serve until a signal; raises ``CommandError`` with a remedy on failure."""
        number = port_number(port)
        check_free(host, number)
        raise_file_limit()
        try:
            with start_lock(connection, self.wait):
                self.migrate()
                password = create_operator()
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}\nCheck DATABASE_URL.") from error
        connections.close_all()
        self.serve(host, number, password)

    def wait(self) -> None:
        """Print that another ``start`` command is preparing the database, and that this command waits for it."""
        self.stdout.write("Another process is preparing the database: waiting until it is done.")
        self.stdout.flush()

    def migrate(self) -> None:
        """Apply the missing migrations; print nothing if there are none."""
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            self.stdout.write(f"Preparing the database: applying {len(plan)} migrations.")
            call_command("migrate", interactive=False, verbosity=0)

    def serve(self, host: str, port: int, password: str | None) -> None:
        """Run Daphne in this process until SIGINT or SIGTERM; exit with 1 if it cannot listen."""
        from twisted.internet import reactor

        from monitor_project.asgi import application

        [endpoint] = build_endpoint_description_strings(host=host, port=port)
        server = Server(
            application=application,
            endpoints=[f"{endpoint}:backlog={BACKLOG}"],
            websocket_connect_timeout=HANDSHAKE_SECONDS,
            websocket_handshake_timeout=HANDSHAKE_SECONDS,
            action_logger=access_log(os.environ.get("ACCESS_LOG", "")),
            # Daphne calls this when it listens, but only a running reactor shuts down cleanly on a signal.
            ready_callable=lambda: reactor.callWhenRunning(self.welcome, base_url(host, port), password),
        )
        server.run()
        if server.abort_start:
            sys.exit(1)

    def welcome(self, url: str, password: str | None) -> None:
        """Print the addresses to open, and the operator's password if it was just generated."""
        bold = self.style.MIGRATE_HEADING
        lines = [
            "",
            bold(f"Monitor {lifecycle.__version__}"),
            f"  Status page  {url}/",
            f"  Dashboard    {url}/dashboard/",
            f"  Metrics      {url}/metrics",
            "",
        ]
        if password:
            lines += [
                f'  Sign in as "{OPERATOR}" with the password  {bold(password)}',
                f"  It is shown only once. Change it at {url}/admin/password_change/",
                "",
            ]
        self.stdout.write("\n".join([*lines, "Press Ctrl-C to stop.", ""]))
        self.stdout.flush()


def port_number(text: str) -> int:
    """Return a port number; raises ``CommandError`` if the text is not a valid TCP port."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CommandError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_free(host: str, port: int) -> None:
    """Raise ``CommandError`` if the server cannot listen on the address; called before anything is changed."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise CommandError(
            f"Cannot listen on {host}:{port}: {error.strerror}. Stop the program that uses that port,"
            f" or choose another port: PORT={port % 65535 + 1} make run"
        ) from error


def raise_file_limit() -> None:
    """Raise the limit of open files to the maximum, because each connection needs a file descriptor."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def create_operator() -> str | None:
    """Create the operator account if there are no accounts; return its password if it was generated.

    The environment variable MONITOR_ADMIN_PASSWORD sets the password; otherwise a random password is generated.
    Raises ``CommandError`` if the password is too weak.
    """
    users = get_user_model()._default_manager
    if users.exists():
        return None
    chosen = os.environ.get("MONITOR_ADMIN_PASSWORD")
    if chosen:
        validate_operator(OPERATOR, chosen)
    password = chosen or secrets.token_urlsafe(12)
    users.create_superuser(OPERATOR, password=password)
    return None if chosen else password


def access_log(target: str) -> AccessLogGenerator | None:
    """Return a logger of requests that writes to a file, or to standard output if ``target`` is "-".

    Returns ``None`` if ``target`` is empty.
    """
    if not target:
        return None
    return AccessLogGenerator(sys.stdout if target == "-" else Path(target).open("a", buffering=1))


def base_url(host: str, port: int) -> str:
    """Return the URL for a browser on this machine, without a trailing slash."""
    name = ANY_ADDRESS.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
