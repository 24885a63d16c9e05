#!/usr/bin/env python
"""Run a Django management command for the monitor's own project."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Point Django at the project's settings and hand over the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
