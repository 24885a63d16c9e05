"""The identity of a server process."""

from __future__ import annotations

import os
import socket
from importlib.metadata import version

import daphne.server  # noqa: F401 - the version of a server is only looked up if the server is imported
import pytest
import uvicorn  # noqa: F401
from pytest_django import Settings

from lifecycle.server.identity import Identity, server_software


def test_identity__has_host_pid_and_release(settings: Settings) -> None:
    settings.LIFECYCLE = {"RELEASE": "2026.11"}
    identity = Identity("daphne 4")
    assert (identity.host, identity.pid, identity.release) == (socket.gethostname(), os.getpid(), "2026.11")
    assert str(identity) == f"{socket.gethostname()}:{os.getpid()}"


def test_identity__has_a_unique_id_and_is_immutable() -> None:
    identity = Identity()
    assert identity.id != Identity().id
    with pytest.raises(AttributeError):
        identity.host = "another"  # type: ignore[misc]


def test_server_software__is_name_and_version() -> None:
    assert server_software("daphne") == f"daphne {version('daphne')}"
    assert server_software("uvicorn") == f"uvicorn {version('uvicorn')}"
    assert server_software("") == ""
    assert server_software("hypercorn") == "hypercorn"
