"""System checks ``lifecycle.W001`` to ``W006``. Each warning describes the misconfiguration and its fix."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from lifecycle import conf
from lifecycle.setting_rules import RULES

#: Characters. A shorter ``METRICS_TOKEN`` can be guessed.
SECRET_LENGTH = 16


def register() -> None:
    """Register the checks; ``LifecycleConfig.ready`` calls this."""
    for check in (
        check_spool,
        check_names,
        check_values,
        check_lease,
        check_metrics_token,
        check_application,
    ):
        checks.register(check, "lifecycle")


def project_settings() -> Mapping[str, Any]:
    """Return the ``LIFECYCLE`` setting, or an empty dict if its type is wrong; ``check_values`` reports this."""
    value = getattr(settings, conf.SETTING, {})
    return value if isinstance(value, Mapping) else {}


def valid_values(*names: str) -> tuple[Any, ...] | None:
    """Return the values of settings, or ``None`` if any value is invalid; ``check_values`` reports this."""
    values = {**conf.DEFAULTS, **project_settings()}
    if all(RULES[name].test(values[name]) for name in names):
        return tuple(values[name] for name in names)
    return None


def check_spool(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if the server cannot write to the spool folder, where events wait for the database."""
    if not isinstance(getattr(settings, conf.SETTING, {}), Mapping) or valid_values("SPOOL_DIR") is None:
        return []
    folder = conf.spool_dir()
    if is_writable(folder):
        return []
    return [
        checks.Warning(
            f"The server cannot write to the spool folder {folder}, so no connection is recorded.",
            hint='Set LIFECYCLE["SPOOL_DIR"] to a folder that the server can write to, or change the permissions.',
            id="lifecycle.W001",
        )
    ]


def is_writable(folder: Path) -> bool:
    """Return whether this process can write to a folder or create it. The folder is not created."""
    existing = next((path for path in (folder, *folder.parents) if path.exists()), folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def check_names(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn about keys of ``LIFECYCLE`` that are not settings."""
    return [
        checks.Warning(f"LIFECYCLE has no setting {name!r}.", hint=similar(str(name)), id="lifecycle.W002")
        for name in project_settings()
        if name not in conf.DEFAULTS
    ]


def similar(name: str) -> str:
    """Return a hint with the most similar setting, or with all settings if none is similar."""
    close = get_close_matches(name.upper(), conf.DEFAULTS, n=1)
    return f"Did you mean {close[0]!r}?" if close else f"The settings are {', '.join(conf.DEFAULTS)}."


def check_values(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn about values of the wrong type or out of range."""
    value = getattr(settings, conf.SETTING, {})
    if not isinstance(value, Mapping):
        return [
            checks.Warning(
                f"LIFECYCLE is {value!r}, not a dict.",
                hint='Write LIFECYCLE = {"SPOOL_DIR": ...}, or remove it.',
                id="lifecycle.W003",
            )
        ]
    return [
        checks.Warning(
            f"LIFECYCLE[{name!r}] cannot be {value!r}.",
            hint=f"Set it to {RULES[name].words}. Until then, the default is used: {conf.DEFAULTS[name]!r}.",
            id="lifecycle.W003",
        )
        for name, value in project_settings().items()
        if name in RULES and not RULES[name].test(value)
    ]


def check_lease(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if a single late heartbeat is enough for a live process to be declared lost."""
    values = valid_values("LEASE_SECONDS", "HEARTBEAT_SECONDS")
    if values is None or values[0] >= 2 * values[1]:
        return []
    return [
        checks.Warning(
            f"LEASE_SECONDS ({values[0]}) is less than twice HEARTBEAT_SECONDS ({values[1]}): "
            "after one late heartbeat, the connections of a live process are recorded as ended.",
            hint=f'Set LIFECYCLE["LEASE_SECONDS"] to {4 * values[1]} or more.',
            id="lifecycle.W004",
        )
    ]


def check_metrics_token(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn about a token that can be guessed. The message does not contain the token."""
    values = valid_values("METRICS_TOKEN")
    if values is None or not 0 < len(values[0]) < SECRET_LENGTH:
        return []
    return [
        checks.Warning(
            f"METRICS_TOKEN has fewer than {SECRET_LENGTH} characters: it can be guessed.",
            hint="Generate one with: python -c 'import secrets; print(secrets.token_urlsafe())'",
            id="lifecycle.W005",
        )
    ]


def check_application(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if Daphne's ``runserver`` has no ASGI application to serve."""
    if not apps.is_installed("daphne") or getattr(settings, "ASGI_APPLICATION", None):
        return []
    return [
        checks.Warning(
            "ASGI_APPLICATION is not set: runserver has no application to serve WebSockets with.",
            hint='Add ASGI_APPLICATION = "<project>.asgi.application" to the settings.',
            id="lifecycle.W006",
        )
    ]
