"""The scripts of the pages and their texts: each key has a text, and each text is used."""

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
#: The first argument of `say` and `sayCount`. A condition may choose between two keys.
SAID = re.compile(r"\bsay(?:Count)?\(([^,()]*(?:\([^)]*\)[^,()]*)*)[,)]")
LITERAL = re.compile(r'"([^"\n]*)"')
TEMPLATE = re.compile(r"`([^`\n]*)`")
PLACE = re.compile(r"\$\{[^}]*\}")
#: The forms for a count, as `Intl.PluralRules` names them in English.
PLURAL = re.compile(r"\.(one|other)$")

Words = Callable[[], dict[str, str]]


@cache
def script(app: str) -> str:
    """Return all scripts of a page: those of its app, and the kit that both pages share."""
    folders = [STATIC / app / "js", STATIC / "lifecycle" / "js" / "kit"]
    return "\n".join(path.read_text() for folder in folders for path in sorted(folder.glob("*.js")))


def literals(code: str) -> set[str]:
    """Return the strings in a script."""
    return set(LITERAL.findall(code))


def pattern(template: str) -> re.Pattern[str]:
    """Return a pattern for the keys that a template string can build."""
    fixed = [re.escape(part) for part in PLACE.split(template)]
    return re.compile("(.+)".join(fixed))


def named_in_say(app: str) -> set[str]:
    """Return the keys in the calls of `say` and `sayCount` of a page's scripts."""
    return {key for said in SAID.findall(script(app)) for key in literals(said)}


def named_elsewhere(app: str, known: set[str]) -> set[str]:
    """Return the strings of a page's scripts that begin like a known key: keys, or first parts of keys."""
    namespaces = {key.split(".")[0] for key in known if "." in key}
    dotted = {one for one in literals(script(app)) if re.fullmatch(r"\w+(\.\w+)+", one)}
    return {one for one in dotted if one.split(".")[0] in namespaces}


def is_said(key: str, app: str) -> bool:
    """Return whether a page's scripts use a key: as a string, or as the result of a template string.

    A template that begins with a placeholder counts only for keys whose beginning is a string of the scripts.
    """
    strings = literals(script(app))
    if key in strings or PLURAL.sub("", key) in strings:
        return True
    found = [(one, pattern(one).fullmatch(key)) for one in TEMPLATE.findall(script(app)) if PLACE.search(one)]
    return any(
        match and PLACE.sub("", one) and (not one.startswith("${") or match[1] in strings) for one, match in found
    )


@pytest.mark.parametrize(("app", "words"), APPS)
def test_keys__each_has_a_text(app: str, words: Words) -> None:
    known = set(words())
    bases = known | {PLURAL.sub("", key) for key in known}

    parts = {key.rsplit(".", 1)[0] for key in known}
    assert len(named_in_say(app)) > 10
    assert named_in_say(app) - bases == set()
    assert named_elsewhere(app, known) - bases - parts == set()


@pytest.mark.parametrize(("app", "words"), APPS)
def test_templates__each_can_build_a_key(app: str, words: Words) -> None:
    said = {template for one in SAID.findall(script(app)) for template in TEMPLATE.findall(one)}

    assert said
    assert {one for one in said if not any(map(pattern(one).fullmatch, words()))} == set()


@pytest.mark.parametrize(("app", "words"), APPS)
def test_texts__each_is_used(app: str, words: Words) -> None:
    assert [key for key in words() if not is_said(key, app)] == []


@pytest.mark.parametrize(("app", "words"), APPS)
def test_keys__are_dotted(app: str, words: Words) -> None:
    assert [key for key in words() if "." not in key and key != "none"] == []


@pytest.mark.parametrize(("app", "words"), APPS)
def test_texts__counts_have_both_forms(app: str, words: Words) -> None:
    bases = {PLURAL.sub("", key) for key in words() if PLURAL.search(key)}

    assert {f"{base}.{form}" for base in bases for form in ("one", "other")} <= set(words())
