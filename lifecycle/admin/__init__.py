"""The admin's pages: connections, each with its life in words, and server processes."""

from __future__ import annotations

from lifecycle.admin.pages import ConnectionAdmin, ServerProcessAdmin

__all__ = ["ConnectionAdmin", "ServerProcessAdmin"]
