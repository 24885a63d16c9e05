"""The scripts of the pages and their words: no key without words, and no words that nobody says."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from dashboard.texts import words as dashboard_words
from lifecycle.status.texts import words as lifecycle_words

STATIC = Path(__file__).resolve().parent.parent / "static"
APPS = [
    pytest.param("lifecycle_dashboard", dashboard_words, id="dashboard"),
    pytest.param("lifecycle", lifecycle_words, id="lifecycle"),
]
#: What `say` and `sayCount` are called with, up to the values; the key may be chosen by a condition.
SAID = re.compile(r"\bsay(?:Count)?\(([^,()]*(?:\([^)]*\)[^,()]*)*)[,)]")
LITERAL = re.compile(r'"([^"\n]*)"')
TEMPLATE = re.compile(r"`([^`\n]*)`")
PLACE = re.compile(r"\$\{[^}]*\}")
#: The forms for a count, as `Intl.PluralRules` names them in English.
PLURAL = re.compile(r"\.(one|other)$")

Words = Callable[[], dict[str, str]]


@cache
def script(app: str) -> str:
    """Return all scripts of an app."""
    return "\n".join(path.read_text() for path in sorted((STATIC / app / "js").glob("*.js")))


def literals(code: str) -> set[str]:
    """Return the strings in a script."""
    return set(LITERAL.findall(code))


def pattern(template: str) -> re.Pattern[str]:
    """Return what a template string may become."""
    fixed = [re.escape(part) for part in PLACE.split(template)]
    return re.compile("(.+)".join(fixed))


def asked(app: str, known: set[str]) -> set[str]:
    """Return the keys that an app's scripts ask for: in `say`, or anywhere as a string in a known namespace."""
    direct = {key for said in SAID.findall(script(app)) for key in literals(said)}
    namespaces = {key.split(".")[0] for key in known if "." in key}
    indirect = {
        one
        for one in literals(script(app))
        if re.fullmatch(r"\w+(\.\w+)+", one) and one.split(".")[0] in namespaces
    }
    return direct | indirect


def is_said(key: str, app: str) -> bool:
    """Tell whether scripts spell a key: as a string, or by a template that puts it together.

    A template that begins with a place counts for those keys alone whose beginning is a string itself.
    """
    strings = literals(script(app))
    if key in strings or PLURAL.sub("", key) in strings:
        return True
    found = [(one, pattern(one).fullmatch(key)) for one in TEMPLATE.findall(script(app)) if PLACE.search(one)]
    return any(
        match and PLACE.sub("", one) and (not one.startswith("${") or match[1] in strings) for one, match in found
    )


@pytest.mark.parametrize(("app", "words"), APPS)
def test_keys__each_that_a_script_asks_for_has_words(app: str, words: Words) -> None:
    known = set(words())
    bases = known | {PLURAL.sub("", key) for key in known}

    assert len(asked(app, known)) > 10
    assert asked(app, known) - bases == set()


@pytest.mark.parametrize(("app", "words"), APPS)
def test_templates__each_that_a_script_says_can_become_a_key(app: str, words: Words) -> None:
    said = {template for one in SAID.findall(script(app)) for template in TEMPLATE.findall(one)}

    assert said
    assert {one for one in said if not any(map(pattern(one).fullmatch, words()))} == set()


@pytest.mark.parametrize(("app", "words"), APPS)
def test_words__each_is_said_by_a_script(app: str, words: Words) -> None:
    assert [key for key in words() if not is_said(key, app)] == []


@pytest.mark.parametrize(("app", "words"), APPS)
def test_words__counts_have_both_forms(app: str, words: Words) -> None:
    bases = {PLURAL.sub("", key) for key in words() if PLURAL.search(key)}

    assert {f"{base}.{form}" for base in bases for form in ("one", "other")} <= set(words())
