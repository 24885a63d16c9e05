"""The settings of the apps: defaults, overridden by the dict ``LIFECYCLE`` in the Django settings."""

from __future__ import annotations

import os
from collections.abc import Mapping
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
        # The folder in which events wait for the database. None: ".lifecycle" in BASE_DIR.
        "SPOOL_DIR": None,
        # Maximum size of the spool in bytes. Events beyond it are dropped, counted and logged.
        "SPOOL_MAX_BYTES": 256 * 1024 * 1024,
        # Seconds between two batches written to the database; four times as long if more than 16 events wait.
        "FLUSH_SECONDS": 0.25,
        # Seconds between two syncs of the spool to disk. A power cut loses the events since then. 0: never.
        "SYNC_SECONDS": 0.2,
        # Seconds between two heartbeats of a server process.
        "HEARTBEAT_SECONDS": 5.0,
        # Seconds without a heartbeat after which a process counts as lost.
        "LEASE_SECONDS": 20.0,
        # Seconds that a graceful shutdown waits for the database. The next start writes the remaining events.
        "STOP_SECONDS": 8.0,
        # Seconds of silence after which an end without a close frame is recorded as heartbeat_lost.
        "SILENCE_SECONDS": 50.0,
        # "full", "masked" (IPv4 /24, IPv6 /48) or "none".
        "CLIENT_IP": "full",
        # Addresses or networks of the proxies whose forwarding header is trusted; "unix" for a Unix socket.
        "TRUSTED_PROXIES": (),
        # The header in which those proxies forward the client's address: "X-Forwarded-For" or "Forwarded".
        "FORWARDED_HEADER": "X-Forwarded-For",
        # Alias of the database for the record. Aliases besides "default" need lifecycle.database.LifecycleRouter.
        "DATABASE": "default",
        # "process": each process answers /metrics with its own counts. "host": each process answers with the
        # counts of all live processes that share its spool folder, with a label "process". Use "host" if several
        # processes share a socket or port.
        "METRICS_SCOPE": "process",
        # Close codes from 3000 up that have their own label in the metrics; all others share the label "other".
        "APPLICATION_CODES": (3000, 3003, 3008, *range(4000, 4010), 4400, 4401, 4403, 4404, 4408, 4429),
        # Number of endpoints that have their own label in the metrics; all others share the label "other".
        "ENDPOINT_LIMIT": 200,
        # Bearer token that every reader of /metrics needs, on this host too. Empty: only this host may read it.
        "METRICS_TOKEN": "",
        # The version of the application, as its operators name it.
        "RELEASE": "",
        # Bytes per second of client pages' reports that a process records in the long run; 32 times as many at
        # once.
        "REPORT_BYTES_PER_SECOND": 48 * 1024,
        # Days for which the rows of connections that have ended are kept. They stay counted in the history.
        "ROWS_DAYS": 30,
        # Days for which the history has minutes.
        "MINUTES_DAYS": 14,
        # Days for which the history has hours. It has days for ever.
        "HOURS_DAYS": 400,
        # Days for which client reports and the rows of refused handshakes are kept.
        "REPORTS_DAYS": 7,
        # Refused handshakes per second for which a process writes rows; the others are only counted.
        "REFUSAL_ROWS_PER_SECOND": 5,
        # Lifetime of a signed token in seconds, at most a day.
        "TOKEN_SECONDS": 300,
        # Seconds between two pings of a client page.
        "STATUS_HEARTBEAT_SECONDS": 15,
    }
)


@cache
def get_config() -> MappingProxyType[str, Any]:
    """Return the settings of the project, with the default for each setting that is missing or invalid.

    The system checks report invalid values.
    """
    configured = getattr(settings, SETTING, {})
    if not isinstance(configured, Mapping):
        return DEFAULTS
    valid = {name: value for name, value in configured.items() if name not in RULES or RULES[name].test(value)}
    return MappingProxyType({**DEFAULTS, **valid})


def get(name: str) -> Any:  # noqa: ANN401 - settings have the types of their defaults
    """Return a setting; raises ``KeyError`` for an unknown name."""
    return get_config()[name]


def spool_dir() -> Path:
    """Return the folder that contains the spools.

    This is ``SPOOL_DIR`` if that is set. The default is a folder in ``BASE_DIR``, or in the user's state folder if
    the project has no ``BASE_DIR``.
    """
    if configured := get("SPOOL_DIR"):
        return Path(configured)
    if base := getattr(settings, "BASE_DIR", None):
        return Path(base) / ".lifecycle"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "channels-lifecycle"


@receiver(setting_changed)
def reset(*, setting: str, **kwargs: object) -> None:
    """Clear the cache when a test overrides the settings."""
    if setting == SETTING:
        get_config.cache_clear()
