"""The form of the explorer: one field for each filter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from lifecycle.models import ServerProcess
from lifecycle.verdict.causes import Cause
from lifecycle.verdict.code_texts import MEANINGS

from . import families
from .filters import INITIATORS, STATES
from .labels import LABELS, code_label, value_label

#: Filters that are always in view; the others are in a part of the form that opens.
MAIN = ("q", "since", "until", "endpoint", "state", "cause", "code", "user", "ip")
TIMES = ("15m", "1h", "6h", "24h", "7d", "30d")
PROCESSES = 20


@dataclass(frozen=True, slots=True)
class Field:
    """A field. With ``choices`` it is a list to choose from; with ``hints``, a text with suggestions."""

    name: str
    label: str | Promise
    value: str
    choices: list[tuple[str, str]] = field(default_factory=list)
    hints: list[tuple[str, str]] = field(default_factory=list)
    example: str = ""


def fields(values: Mapping[str, str], endpoints: list[str]) -> tuple[list[Field], list[Field]]:
    """Return the fields that are always in view, and the others, with the values of an address."""
    choices, hints, examples = choices_of(), hints_of(endpoints), examples_of()
    made = {
        name: Field(
            name,
            label,
            values.get(name, ""),
            choices.get(name, []),
            hints.get(name, []),
            examples.get(name, ""),
        )
        for name, label in LABELS.items()
    }
    return [made[name] for name in MAIN], [made[name] for name in made if name not in MAIN]


def choices_of() -> dict[str, list[tuple[str, str]]]:
    """Return the choices of the filters with few values."""
    known: dict[str, tuple[str, ...]] = {
        "state": STATES,
        "cause": tuple(Cause),
        "initiator": INITIATORS,
        "browser": families.names(families.BROWSERS),
        "os": families.names(families.SYSTEMS),
    }
    choices = {
        name: [(str(value), value_label(name, value)) for value in values] for name, values in known.items()
    }
    return choices | {"abnormal": [("yes", _("yes")), ("no", _("no"))]}


def hints_of(endpoints: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Return suggestions for filters with many values."""
    latest = ServerProcess.objects.order_by("-started_at")[:PROCESSES]
    releases = {process.release: process.release for process in latest if process.release}
    processes = {str(process): process.release for process in latest}
    return {
        "since": [(text, "") for text in TIMES],
        "code": [(str(code), code_label(str(code))) for code in MEANINGS],
        "endpoint": [(endpoint, "") for endpoint in endpoints],
        "process": list(processes.items()),
        "release": [(release, "") for release in releases],
    }


def examples_of() -> dict[str, str]:
    """Return what a field accepts, for fields that accept texts of a form."""
    return {
        "q": _("ID, user, address, tab, path"),
        "since": _("6h, or 2026-01-31T14:00Z"),
        "until": _("now"),
        "ended_since": _("6h, or 2026-01-31T14:00Z"),
        "ended_until": _("now"),
        "user": _("ID or name"),
        "ip": "203.0.113.0/24",
        "process": "web-1:4242",
        "min_duration": "30s",
        "max_duration": "2h",
    }
