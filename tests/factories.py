"""Objects for tests: one function for each kind, with defaults for what a test does not care about."""

from __future__ import annotations

from typing import Any

from lifecycle.verdict.facts import Facts

GROUPS = ("handshake", "route", "traffic")
TUPLES = ("evidence", "page")


def make_facts(**values: Any) -> Facts:  # noqa: ANN401 - each name has a type of its own
    """Return the facts of a connection; ``values`` are named as in ``Facts`` or as in one of its groups."""
    facts = Facts()
    for name, value in values.items():
        set_fact(facts, name, value)
    if "opened_at" in values:
        facts.__post_init__()
    return facts


def set_fact(facts: Facts, name: str, value: object) -> None:
    """Set an attribute of the facts, or of the group that has an attribute of this name."""
    for group in TUPLES:
        if name in getattr(facts, group)._fields:
            setattr(facts, group, getattr(facts, group)._replace(**{name: value}))
            return
    owners = [getattr(facts, group) for group in GROUPS]
    owner = next((one for one in owners if name in one.__slots__), facts)
    setattr(owner, name, value)
