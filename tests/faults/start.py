"""Starts the test application as ``manage.py start`` starts the monitor's own."""

from __future__ import annotations

import sys

from tests.faults.application import application

# After the above, which loads the apps.
from django.core.management import execute_from_command_line  # isort: skip
from monitor_project import asgi  # isort: skip

asgi.application = application
execute_from_command_line(["manage.py", "start", *sys.argv[1:]])
