"""Each migration is safe for processes of the release before, which still run during an upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.fields import NOT_PROVIDED

APPS = ("lifecycle", "lifecycle_dashboard")
#: Columns that the previous release no longer writes, as "model.field". A migration may remove them.
UNUSED: frozenset[str] = frozenset()
Fields = dict[tuple[str, str], models.Field]


def states(app: str) -> Iterator[tuple[str, ProjectState]]:
    """Yield the name of each migration of an app, and the state after it, oldest first."""
    loader = MigrationLoader(None)
    [leaf] = loader.graph.leaf_nodes(app)
    for node in loader.graph.forwards_plan(leaf):
        if node[0] == app:
            yield node[1], loader.project_state(node)


def fields_of(state: ProjectState) -> Fields:
    """Return the fields of all models of the apps, by the names of the model and of the field."""
    own = ((name, model) for (app, name), model in state.models.items() if app in APPS)
    return {(name, field): value for name, model in own for field, value in model.fields.items()}


def unsafe_changes(before: ProjectState, after: ProjectState) -> list[str]:
    """Return the changes that make writes of the release before fail; new tables never do."""
    old, new = fields_of(before), fields_of(after)
    tables = {model for model, _ in old}
    gone = {f"{model}.{name}" for model, name in old if (model, name) not in new}
    changes = [f"{column} is gone" for column in sorted(gone - UNUSED)]
    for (model, name), field in new.items():
        if model not in tables or field.null or field.db_default is not NOT_PROVIDED:
            continue
        known = old.get((model, name))
        if known is None:
            changes.append(f"{model}.{name} is neither null nor has a db_default")
        elif known.null:
            changes.append(f"{model}.{name} is no longer null")
    return changes


@pytest.mark.parametrize("app", APPS)
def test_migrations__are_safe_for_the_previous_release(app: str) -> None:
    known = list(states(app))
    assert known
    for (_, before), (name, after) in pairwise(known):
        assert unsafe_changes(before, after) == [], name


def state(**fields: models.Field) -> ProjectState:
    """Return the state of an app with one model that has these fields."""
    made = ProjectState()
    made.add_model(ModelState(APPS[0], "thing", [("id", models.UUIDField(primary_key=True)), *fields.items()]))
    return made


COUNT, COUNT_OR_NULL, DEFAULT = models.IntegerField(default=0), models.IntegerField(null=True), {"db_default": 0}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"n": COUNT}, ["thing.n is neither null nor has a db_default"]),
        ({}, {"n": COUNT_OR_NULL}, []),
        ({}, {"n": models.IntegerField(**DEFAULT)}, []),
        ({"n": COUNT}, {"n": models.BigIntegerField(default=0)}, []),
        ({"n": COUNT_OR_NULL}, {"n": COUNT}, ["thing.n is no longer null"]),
        ({"n": COUNT}, {}, ["thing.n is gone"]),
    ],
    ids=["added", "added as null", "added with a default", "changed", "no longer null", "removed"],
)
def test_unsafe_changes__finds_each_kind(
    before: dict[str, models.Field], after: dict[str, models.Field], expected: list[str]
) -> None:
    assert unsafe_changes(state(**before), state(**after)) == expected


def test_unsafe_changes__new_table_is_safe() -> None:
    assert unsafe_changes(ProjectState(), state(n=COUNT)) == []
