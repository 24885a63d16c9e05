"""The record: captures, keeps and counts the life of every WebSocket connection."""

from __future__ import annotations

__version__ = "0.1.0"
