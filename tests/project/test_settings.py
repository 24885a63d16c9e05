"""The settings of the runnable project, as they follow from environment variables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.servers import manage

pytestmark = pytest.mark.slow
PRINT = "import json; from django.conf import settings; print(json.dumps(settings.ALLOWED_ORIGINS))"
LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("variables", "allowed"),
    [
        ({}, LOOPBACK),
        ({"ALLOWED_HOSTS": "a.example"}, ["a.example"]),
        (
            {"CSRF_TRUSTED_ORIGINS": "https://a.example:8443,https://*.b.example"},
            [*LOOPBACK, "https://a.example:8443", "https://.b.example"],
        ),
        ({"CSRF_TRUSTED_ORIGINS": "https://a.example", "ALLOWED_ORIGINS": "b.example"}, ["b.example"]),
    ],
    ids=["default", "hosts", "trusted origins", "named"],
)
def test_allowed_origins__are_hosts_and_trusted_origins_unless_named(
    tmp_path: Path, variables: dict[str, str], allowed: list[str]
) -> None:
    printed = manage(tmp_path, "shell", "--verbosity", "0", "--command", PRINT, **variables)
    assert json.loads(printed) == allowed
