"""The settings of the apps: one dict of defaults, ``LIFECYCLE`` in the Django settings over it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

from lifecycle.setting_rules import RULES

SETTING = "LIFECYCLE"

DEFAULTS: MappingProxyType[str, Any] = MappingProxyType(
    {
        # Where events wait for the database. None: ".lifecycle" beside the project.
        "SPOOL_DIR": None,
        # A spool that would outgrow this many bytes drops events, and says so.
        "SPOOL_MAX_BYTES": 256 * 1024 * 1024,
        # Seconds between two batches written to the database; four times as many where more than 16 events wait.
        "FLUSH_SECONDS": 0.25,
        # Seconds between two syncs of the spool to the disk: what a power cut can lose. 0: left to the system.
        "SYNC_SECONDS": 0.2,
        # Seconds between two heartbeats of a server process, and how long one heartbeat is believed.
        "HEARTBEAT_SECONDS": 5.0,
        "LEASE_SECONDS": 20.0,
        # Seconds that an orderly stop waits for the database before it leaves the rest to the next start.
        "STOP_SECONDS": 8.0,
        # Silence in seconds, after which a connection without a close frame is called heartbeat_lost.
        "SILENCE_SECONDS": 50.0,
        # "full", "masked" (IPv4 /24, IPv6 /48) or "none".
        "CLIENT_IP": "full",
        # Addresses or networks of proxies whose header tells the client's address; "unix" for a Unix socket.
        "TRUSTED_PROXIES": (),
        # The one header that those proxies write: "X-Forwarded-For" or "Forwarded".
        "FORWARDED_HEADER": "X-Forwarded-For",
        # The Django database of the record; another than "default" needs lifecycle.database.LifecycleRouter.
        "DATABASE": "default",
        # "process": each process answers /metrics for itself. "host": any one answers for all live processes that
        # share its spool folder, with a label "process"; for processes behind one shared socket or port.
        "METRICS_SCOPE": "process",
        # Close codes from 3000 up that get a label of their own in the metrics; the others share "other".
        "APPLICATION_CODES": (3000, 3003, 3008, *range(4000, 4010), 4400, 4401, 4403, 4404, 4408, 4429),
        # Endpoints beyond this many share the label "other" in tally and metrics.
        "ENDPOINT_LIMIT": 200,
        # The bearer token that lets others than loopback read /metrics. Empty: loopback only.
        "METRICS_TOKEN": "",
        # What the operators call this version of their application.
        "RELEASE": "",
        # Seconds for which a signed token opens a socket.
        "TOKEN_SECONDS": 300,
        # Seconds between two pings of a client page.
        "STATUS_HEARTBEAT_SECONDS": 15,
    }
)


@cache
def get_config() -> MappingProxyType[str, Any]:
    """Return the defaults with the project's ``LIFECYCLE`` over them; of a value that cannot be, the default.

    The system checks tell of each such value.
    """
    given = getattr(settings, SETTING, {})
    sound = {name: value for name, value in given.items() if name not in RULES or RULES[name].test(value)}
    return MappingProxyType({**DEFAULTS, **sound})


def get(name: str) -> Any:  # noqa: ANN401 - settings have the types of their defaults
    """Return one setting by name; a ``KeyError`` for a name that does not exist."""
    return get_config()[name]


def spool_dir() -> Path:
    """Return the spool's folder: as set, else beside the project, else the user's state folder."""
    if configured := get("SPOOL_DIR"):
        return Path(configured)
    if base := getattr(settings, "BASE_DIR", None):
        return Path(base) / ".lifecycle"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "channels-lifecycle"


@receiver(setting_changed)
def reset(*, setting: str, **kwargs: object) -> None:
    """Forget the cached settings when a test overrides them."""
    if setting == SETTING:
        get_config.cache_clear()
