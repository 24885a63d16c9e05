"""A client that a public tool generates from the schema reads every address."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.integration.servers import ROOT, Server, manage, migrated

pytestmark = [pytest.mark.slow, pytest.mark.one_database]
TOOL = "openapi-python-client==0.29.1"
SCRIPT = ROOT / "tests" / "dashboard" / "api" / "generated_calls.py"
PREPARE = """
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from tests.factories import connection_row
client = Client()
client.force_login(User.objects.create_superuser("operator"))
connection_row(cause="network_lost", close_code=1006, tab_id="tab")
connection_row()
print(client.cookies[settings.SESSION_COOKIE_NAME].value)
"""
READ = ["connection", "connections", "csv", "history", "live", "ndjson"]


@pytest.fixture(scope="module")
def tool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the programs of an environment with the tool."""
    folder = tmp_path_factory.mktemp("tool")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    programs = folder / "bin"
    command = [programs / "python", "-m", "pip", "install", "--quiet", TOOL]
    installed = subprocess.run(command, capture_output=True, text=True, check=False)
    if installed.returncode and not os.environ.get("CI"):
        pytest.skip(f"{TOOL} cannot be installed: {installed.stderr[-200:]}")
    assert installed.returncode == 0, installed.stderr
    return programs


@pytest.fixture(scope="module")
def monitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str, str]]:
    """Return a server with two connections, a token and a session key."""
    data = migrated(tmp_path_factory.mktemp("api") / "data")
    session = manage(data, "shell", "--verbosity", "0", "-c", PREPARE).strip().splitlines()[-1]
    token = manage(data, "lifecycle_api_token", "generated").strip()
    with Server("daphne", data, application="monitor_project.asgi:application") as server:
        yield server, token, session


def test_client__generated_from_the_schema_reads_every_address(
    tool: Path, monitor: tuple[Server, str, str], tmp_path: Path
) -> None:
    server, token, session = monitor
    schema = tmp_path / "openapi.json"
    schema.write_text(server.get("/api/v1/openapi.json", {"Authorization": f"Bearer {token}"}).text)
    package = tmp_path / "lifecycle_client"
    generate = [tool / "openapi-python-client", "generate", "--path", schema, "--meta", "none"]
    subprocess.run([*generate, "--output-path", package], check=True, capture_output=True)

    found = subprocess.run(
        [tool / "python", SCRIPT, server.url, settings.SESSION_COOKIE_NAME],
        input=f"{token}\n{session}",
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    for credentials in ("token", "session"):
        assert told[credentials] == {
            "statuses": dict.fromkeys(READ, 200),
            "typed": ["connection", "connections", "history", "live"],
            "errors": [],
            "lines": {"csv": 3, "ndjson": 2},
        }
    assert set(told["nobody"]["statuses"].values()) == {401}
    assert told["nobody"]["errors"] == ["unauthorized"]
