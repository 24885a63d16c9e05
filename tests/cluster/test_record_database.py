"""The record in a separate PostgreSQL database; the application and its users are in SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cluster.cluster import manage
from tests.cluster.pages import visit
from tests.faults.ledger import Ledger
from tests.faults.server import FaultServer, until
from tests.integration.rows import PostgresRows
from tests.integration.servers import MONITOR
from tests.postgres import Postgres

pytestmark = pytest.mark.slow

TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"


async def test_record__is_in_its_own_database_and_finds_its_users(
    shared_postgres: Postgres, tmp_path: Path, ledger: Ledger
) -> None:
    record = shared_postgres.create("record")
    environment = {**os.environ, "DATA_DIR": str(tmp_path), "RECORD_DATABASE_URL": record}
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "migrate", "--database", "record", "--verbosity", "0")
    rows = PostgresRows(record)
    with FaultServer("daphne", tmp_path, application=MONITOR, RECORD_DATABASE_URL=record) as server:
        operator = server.sign_in()
        page = await visit(server.port, ledger.open("status"), operator)
        connection = await page.welcome()
        await page.close(4001, "client_application")
        await until(lambda: rows.select("SELECT * FROM lifecycle_connection WHERE state = 'closed'"))

        [row] = rows.select("SELECT * FROM lifecycle_connection")
        assert (str(row["id"]), row["cause"], row["user_id"]) == (connection, "client_application", 1)
        listed = server.get("/admin/lifecycle/connection/?q=operator", operator)
        assert (listed.status, connection in listed.text, "operator" in listed.text) == (200, True, True)
        shown = server.get(f"/admin/lifecycle/connection/{connection}/change/", operator)
        assert (shown.status, "operator" in shown.text) == (200, True)
        told = json.loads(server.get("/dashboard/history/?range=15m", operator).text)
        assert sum(told["closes"]["client_application"]) == 1
        assert server.get("/admin/lifecycle/serverprocess/", operator).status == 200
        assert server.complaints() == []

    tables = {row["table_name"] for row in rows.select(TABLES)}
    with closing(sqlite3.connect(tmp_path / "monitor.sqlite3")) as default:
        others = {name for (name,) in default.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"lifecycle_connection", "lifecycle_serverprocess"} <= tables
    assert not {name for name in tables if not name.startswith(("lifecycle_", "django_migrations"))}
    # The API tokens belong to users, which are in the other database.
    assert {name for name in others if name.startswith("lifecycle_")} == {"lifecycle_dashboard_apitoken"}
    assert "auth_user" in others
