"""Start the monitor: prepare the database, see to an operator account, and serve with Daphne."""

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

OPERATOR = "admin"
# Beside the server's defaults (50 waiting, 5 s), a burst of thousands loses most of its handshakes.
BACKLOG = 4096
HANDSHAKE_SECONDS = 60
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to open in a browser


class Command(BaseCommand):
    """Everything between a fresh checkout and a page to open; safe to run again at any time."""

    help = "Migrates, creates the operator account on the first start, and serves with Daphne."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the address from the command line, else from the environment."""
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"))
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"))

    def handle(self, *, host: str, port: str, **options: Any) -> None:  # noqa: ANN401
        """Prepare, then serve until a signal; a start that cannot work says what would make it work."""
        number = port_number(port)
        check_free(host, number)
        raise_file_limit()
        try:
            self.migrate()
            password = create_operator()
        except DatabaseError as error:
            raise CommandError(f"The database cannot be used: {error}\nCheck DATABASE_URL.") from error
        connections.close_all()
        self.serve(host, number, password)

    def migrate(self) -> None:
        """Apply the migrations that are missing, and stay silent when none is."""
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if plan:
            self.stdout.write(f"Preparing the database: {len(plan)} migrations.")
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
            # It listens then, but only a running reactor also stops in order when it is told to.
            ready_callable=lambda: reactor.callWhenRunning(self.welcome, base_url(host, port), password),
        )
        server.run()
        if server.abort_start:
            sys.exit(1)

    def welcome(self, url: str, password: str | None) -> None:
        """Print the addresses to open, and the operator's password if it was just made up."""
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
                f"  It is shown this once. Change it at {url}/admin/password_change/",
                "",
            ]
        self.stdout.write("\n".join([*lines, "Ctrl-C stops it.", ""]))
        self.stdout.flush()


def port_number(text: str) -> int:
    """Return the TCP port that `text` names."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise CommandError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def check_free(host: str, port: int) -> None:
    """Fail, before anything is touched, if the address cannot be listened on."""
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
            f"Cannot listen on {host}:{port}: {error.strerror}. Stop what uses that address,"
            f" or choose another, as in: PORT={port % 65535 + 1} make run"
        ) from error


def raise_file_limit() -> None:
    """Allow as many open files as the system lets us: each connection is one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def create_operator() -> str | None:
    """Create the operator account if nobody has an account yet.

    The password is MONITOR_ADMIN_PASSWORD; without one, a random one is used and returned.
    """
    users = get_user_model()._default_manager
    if users.exists():
        return None
    chosen = os.environ.get("MONITOR_ADMIN_PASSWORD")
    password = chosen or secrets.token_urlsafe(12)
    users.create_superuser(OPERATOR, password=password)
    return None if chosen else password


def access_log(target: str) -> AccessLogGenerator | None:
    """Return Daphne's logger of requests to a file, to standard output for "-", or to nowhere for ""."""
    if not target:
        return None
    return AccessLogGenerator(sys.stdout if target == "-" else Path(target).open("a", buffering=1))


def base_url(host: str, port: int) -> str:
    """Return the address for a browser on this machine, without a slash at its end."""
    name = ANY_ADDRESS.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
