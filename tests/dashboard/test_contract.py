"""The types of the page's data in Python are the same as in the JSDoc of the scripts."""

from __future__ import annotations

import re
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, TypedDict, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from dashboard import contract

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "lifecycle_dashboard" / "js"
SOURCE = (SCRIPTS / "contract.js").read_text()
#: The two types that the browser receives. All other types are reached from their fields.
ROOTS = (contract.Picture, contract.HistoryAnswer)
NAMES = {int: "number", float: "number", str: "string", bool: "boolean", NoneType: "null"}

#: Type name -> field name -> the field's type in JSDoc syntax. The name of an optional field is in brackets.
Types = dict[str, dict[str, str]]


def types_of_script(source: str) -> Types:
    """Return the types that a script defines in its JSDoc comments."""
    found: Types = {}
    for comment in re.findall(r"/\*\*(.*?)\*/", source, re.DOTALL):
        if name := re.search(r"@typedef \{object\} (\w+)", comment):
            fields = re.findall(r"@property \{(.+?)\} (\[?\w+\]?)", comment)
            found[name[1]] = {field: type_name for type_name, field in fields}
    return found


def types_of_python(*roots: Any) -> Types:  # noqa: ANN401 - typed dictionaries have no common type
    """Return the fields of typed dictionaries, and of those that their fields refer to, in JSDoc syntax."""
    found: Types = {}
    waiting = list(roots)
    while waiting:
        owner = waiting.pop()
        if owner.__name__ not in found:
            hints = get_type_hints(owner, include_extras=True)
            found[owner.__name__] = dict(field(owner, name, hint) for name, hint in hints.items())
            waiting += [
                inner for hint in hints.values() for inner in (hint, *get_args(hint)) if is_typeddict(inner)
            ]
    return found


def field(owner: Any, name: str, hint: Any) -> tuple[str, str]:  # noqa: ANN401
    """Return the name and the type of a field in JSDoc syntax."""
    if get_origin(hint) is NotRequired:
        return f"[{name}]", in_jsdoc(get_args(hint)[0])
    return (name if owner.__total__ else f"[{name}]"), in_jsdoc(hint)


def in_jsdoc(hint: Any) -> str:  # noqa: ANN401
    """Return a type in JSDoc syntax. Raises ``KeyError`` for a type that this function does not support."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_typeddict(hint):
        return str(hint.__name__)
    if origin is list:
        return f"{in_jsdoc(arguments[0])}[]"
    if origin is dict:
        return f"Record<{in_jsdoc(arguments[0])}, {in_jsdoc(arguments[1])}>"
    if origin in (Union, UnionType):
        return "|".join(in_jsdoc(argument) for argument in arguments)
    if origin is Literal:
        return "|".join(f'"{argument}"' for argument in arguments)
    return NAMES[hint]


def test_contract__types_are_the_same_in_javascript_and_python() -> None:
    assert types_of_script(SOURCE) == types_of_python(*ROOTS)


def test_contract__version_is_the_same() -> None:
    assert f"export const VERSION = {contract.VERSION};" in SOURCE


class Inner(TypedDict, total=False):
    """An example of a type with an optional field."""

    n: int


class Outer(TypedDict):
    """An example of a type with a field of each kind."""

    some: list[Inner]
    maybe: NotRequired[float | None]
    by_name: dict[str, bool]
    kind: Literal["a", "b"]


def test_types_of_python__supports_each_kind_of_field() -> None:
    assert types_of_python(Outer) == {
        "Outer": {
            "some": "Inner[]",
            "[maybe]": "number|null",
            "by_name": "Record<string, boolean>",
            "kind": '"a"|"b"',
        },
        "Inner": {"[n]": "number"},
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" * @property {number} tick_s seconds between two pictures\n", ""),
        ("{number} tick_s", "{number} tick_s\n * @property {number} extra"),
        ("{number|null} rtt_ms", "{number} rtt_ms"),
        ("{number} tick_s", "{number} [tick_s]"),
        ("{EndRow[]} ends", "{EndRow} ends"),
        ('{"start"|"stop"|"lost"} kind', "{string} kind"),
    ],
    ids=["missing field", "additional field", "not nullable", "optional", "not a list", "any string"],
)
def test_contract__difference_is_found(old: str, new: str) -> None:
    assert old in SOURCE
    assert types_of_script(SOURCE.replace(old, new)) != types_of_python(*ROOTS)
