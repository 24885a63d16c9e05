"""Rows that a server wrote into its database, and waiting for them."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests import databases

#: Seconds to wait for a row. The writer takes a quarter of a second on an idle machine.
PATIENCE = 20.0
POLL_SECONDS = 0.03
ENDED = ("closed", "rejected")
IDS = frozenset({"id", "process_id", "previous_id", "connection_id"})
BOOLEANS = frozenset({"exact", "client_was_clean", "previous_clean"})
TABLES = ("lifecycle_connection", "lifecycle_clientreport", "lifecycle_serverprocess", "lifecycle_lease")

Row = dict[str, Any]


@dataclass(frozen=True)
class End:
    """What a row says of an end."""

    cause: str
    initiator: str
    close_code: int | None
    close_reason: str = ""
    exact: bool = True


def unique(kind: str) -> str:
    """Return a path of the test application that no other connection uses."""
    return f"/ws/{kind}/{uuid.uuid4().hex}/"


def end_of(row: Row) -> End:
    """Return what a row says of its end."""
    return End(row["cause"], row["initiator"], row["close_code"], row["close_reason"], row["exact"])


class Rows:
    """The tables of one server's database."""

    def select(self, query: str, *parameters: object) -> list[Row]:
        """Return the rows of a query, with times, ids and booleans as Python has them; ``?`` is a parameter."""
        raise NotImplementedError

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Block all other writers, as a writer stuck in its transaction does; readers are not blocked."""
        raise NotImplementedError
        yield

    def processes(self) -> list[Row]:
        """Return the rows of the server processes, oldest first."""
        return self.select("SELECT * FROM lifecycle_serverprocess ORDER BY started_at")

    async def one(self, path: str, *states: str) -> Row:
        """Wait until the row of a path is in one of the states, and return it."""
        return await self.wait("path = ?", path, states)

    async def ended(self, path: str) -> Row:
        """Return the row of a path once its connection has ended."""
        return await self.wait("path = ?", path, ENDED)

    async def settled(self, path: str) -> Row:
        """Return the row of a path once its connection has ended and nothing about the end is an estimate."""
        return await self.wait("path = ? AND exact", path, ENDED)

    async def ended_with_id(self, connection: uuid.UUID) -> Row:
        """Return the row of a connection once it has ended."""
        return await self.wait("id = ?", connection.hex, ENDED)

    async def wait(self, condition: str, value: str, states: Sequence[str]) -> Row:
        """Wait until the row that fits is in one of the states, and return it; fail if several fit."""
        deadline = time.monotonic() + PATIENCE
        while True:
            rows = self.select(f"SELECT * FROM lifecycle_connection WHERE {condition}", value)  # noqa: S608
            if rows and rows[0]["state"] in states:
                break
            assert time.monotonic() < deadline, f"{value} is not {' or '.join(states)}: {rows}"
            await asyncio.sleep(POLL_SECONDS)
        assert len(rows) == 1, f"{value} has more than one row: {rows}"
        check(rows[0])
        return rows[0]


class SqliteRows(Rows):
    """The tables of an SQLite database."""

    def __init__(self, file: Path) -> None:
        """Read this file."""
        self.file = file

    def select(self, query: str, *parameters: object) -> list[Row]:
        """Return the rows of a query."""
        with closing(sqlite3.connect(self.file, timeout=PATIENCE)) as connection:
            connection.row_factory = sqlite3.Row
            return [converted(dict(row)) for row in connection.execute(query, parameters)]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the write lock."""
        with closing(sqlite3.connect(self.file, timeout=PATIENCE, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")


class PostgresRows(Rows):
    """The tables of a PostgreSQL database."""

    def __init__(self, address: str) -> None:
        """Read the database at this address."""
        self.address = address

    def select(self, query: str, *parameters: object) -> list[Row]:
        """Return the rows of a query."""
        with closing(psycopg.connect(self.address, row_factory=dict_row)) as connection:
            rows = connection.execute(query.replace("?", "%s"), parameters).fetchall()
        return [{name: as_text(value) for name, value in row.items()} for row in rows]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold locks that conflict with every change of the monitor's tables."""
        with closing(psycopg.connect(self.address)) as connection:
            connection.execute(f"LOCK TABLE {', '.join(TABLES)} IN EXCLUSIVE MODE")
            yield
            connection.rollback()


def rows_of(data: Path, address: str = "") -> Rows:
    """Return the tables at a database address; without an address, those of the data folder's SQLite."""
    address = address or databases.address_of(data)
    return PostgresRows(address) if address else SqliteRows(data / "monitor.sqlite3")


def converted(row: Row) -> Row:
    """Return a row with its columns as Python has them."""
    return {name: value if value is None else convert(name, value) for name, value in row.items()}


def convert(name: str, value: Any) -> Any:  # noqa: ANN401 - any column
    """Return a column's value as Python has it."""
    if name.endswith("_at"):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    if name in IDS:
        return uuid.UUID(value)
    return bool(value) if name in BOOLEANS else value


def as_text(value: Any) -> Any:  # noqa: ANN401 - any column
    """Return an address as text, and anything else as it is."""
    return str(value) if isinstance(value, IPv4Address | IPv6Address) else value


def check(row: Row) -> None:
    """Assert what holds for every row: its times are in order, and its columns fit its state."""
    opened, accepted, closed = row["opened_at"], row["accepted_at"], row["closed_at"]
    assert row["process_id"]
    match row["state"]:
        case "open":
            assert closed is None
            assert (row["cause"], row["initiator"], row["close_code"]) == ("", "", None)
        case "closed":
            assert opened <= accepted <= closed
            assert row["close_code"] is not None
        case "rejected":
            assert accepted is None
            assert opened <= closed
            assert row["close_code"] is None
    assert opened <= datetime.now(UTC)
