"""The dashboard: shows live counts and the history of all WebSocket connections to operators."""

from __future__ import annotations
