"""The admin pages of connections and server processes; Django's autodiscovery imports this module."""

from __future__ import annotations

from lifecycle.admin.connections import ConnectionAdmin
from lifecycle.admin.processes import ServerProcessAdmin

__all__ = ["ConnectionAdmin", "ServerProcessAdmin"]
