"""The dashboard: a page that shows operators live counts and the history of all WebSocket connections."""

from __future__ import annotations
