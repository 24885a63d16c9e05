"""Captures, records and counts every WebSocket connection of a Django project."""

from __future__ import annotations

__version__ = "0.1.0"
