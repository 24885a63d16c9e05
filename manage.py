#!/usr/bin/env python
"""Runs Django management commands of the project ``monitor_project``."""

from __future__ import annotations

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Set the default settings module, and run the command on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
