"""Databases of servers under test: SQLite in the data folder, or PostgreSQL if ``DATABASE_URL`` names one."""

from __future__ import annotations

import os
import uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

#: Data folder -> address of its database on PostgreSQL.
made: dict[Path, str] = {}


def environment(data: Path, **variables: str) -> dict[str, str]:
    """Return the environment variables of a program that uses a data folder and its database."""
    address = address_of(data)
    return {**os.environ, "DATA_DIR": str(data), **({"DATABASE_URL": address} if address else {}), **variables}


def address_of(data: Path) -> str:
    """Return the address of a data folder's database, created at the first call; empty for SQLite."""
    if data not in made and os.environ.get("DATABASE_URL", "").startswith("postgres"):
        made[data] = create("template1")
    return made.get(data, "")


def copy(data: Path, target: Path) -> None:
    """Create the database of ``target`` as a copy of that of ``data``; SQLite is copied with its folder."""
    if address := address_of(data):
        made[target] = create(name_in(address))


def create(template: str) -> str:
    """Create a database on PostgreSQL and return its address."""
    name, server = f"data_{uuid.uuid4().hex}", os.environ["DATABASE_URL"]
    execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def name_in(address: str) -> str:
    """Return the name of a database."""
    return urlsplit(address).path.removeprefix("/")


def drop_all() -> None:
    """Drop the databases that ``create`` made."""
    while made:
        _, address = made.popitem()
        execute(f"DROP DATABASE {name_in(address)} WITH (FORCE)")


def execute(statement: str) -> None:
    """Run one statement on PostgreSQL, outside any transaction."""
    with closing(psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)) as connection:
        connection.execute(statement.encode())
