"""The monitor's own settings with the test application, for ``runserver``."""

from monitor_project.settings import *  # noqa: F403

ASGI_APPLICATION = "tests.integration.application.application"
