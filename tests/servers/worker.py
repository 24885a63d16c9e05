"""gunicorn's Uvicorn worker with short pings; gunicorn has no option for them."""

from __future__ import annotations

from uvicorn_worker import UvicornWorker

from tests.servers.fleet import PING_SECONDS


class PingingWorker(UvicornWorker):
    """The Uvicorn worker with short pings."""

    CONFIG_KWARGS = UvicornWorker.CONFIG_KWARGS | {
        "ws_ping_interval": PING_SECONDS,
        "ws_ping_timeout": PING_SECONDS,
    }
