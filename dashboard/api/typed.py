"""Builds schemas from the ``TypedDict`` classes of the live page, so that the API documents what the page gets."""

from __future__ import annotations

from functools import cache
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

from ninja import Schema
from pydantic import create_model


@cache
def schema_of(typed: type) -> type[Schema]:
    """Return the schema of a ``TypedDict``; its fields that may be missing may also be null."""
    fields: dict[str, Any] = {}
    for name, hint in get_type_hints(typed, include_extras=True).items():
        if get_origin(hint) is NotRequired:
            fields[name] = (converted(get_args(hint)[0]) | None, None)
        else:
            fields[name] = (converted(hint), ...)
    return create_model(typed.__name__, __base__=Schema, __doc__=typed.__doc__, **fields)


def converted(hint: Any) -> Any:  # noqa: ANN401 - a type
    """Return a type in which each ``TypedDict`` is replaced by its schema."""
    if is_typeddict(hint):
        return schema_of(hint)
    if get_origin(hint) in (list, dict):
        return get_origin(hint)[tuple(converted(each) for each in get_args(hint))]
    return hint
