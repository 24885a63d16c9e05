"""The settings of ``tests.integration.prefixed``."""

from __future__ import annotations

from monitor_project.settings import *  # noqa: F403

FORCE_SCRIPT_NAME = "/site"
ROOT_URLCONF = "tests.integration.prefixed"
ASGI_APPLICATION = "tests.integration.prefixed.application"
