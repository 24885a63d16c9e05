"""The texts of the pages' scripts: each key in a script has a text, and each text is used by a script."""

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
#: Finds the first argument of each call of `say` and `sayCount`, which may be a condition with two keys.
KEY_ARGUMENT = re.compile(r"\bsay(?:Count)?\(([^,()]*(?:\([^)]*\)[^,()]*)*)[,)]")
LITERAL = re.compile(r'"([^"\n]*)"')
TEMPLATE = re.compile(r"`([^`\n]*)`")
PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
#: The endings of keys of plural forms, as `Intl.PluralRules` names them in English.
PLURAL = re.compile(r"\.(one|other)$")

Words = Callable[[], dict[str, str]]


@cache
def script(app: str) -> str:
    """Return the source of all scripts of a page: those of its app, and the modules that both pages share."""
    folders = [STATIC / app / "js", STATIC / "lifecycle" / "js" / "kit"]
    return "\n".join(path.read_text() for folder in folders for path in sorted(folder.glob("*.js")))


def literals(code: str) -> set[str]:
    """Return the string literals in a script."""
    return set(LITERAL.findall(code))


def pattern(template: str) -> re.Pattern[str]:
    """Return a pattern for the keys that a template string can produce."""
    constants = [re.escape(part) for part in PLACEHOLDER.split(template)]
    return re.compile("(.+)".join(constants))


def keys_in_calls(app: str) -> set[str]:
    """Return the keys in a page's calls of `say` and `sayCount`."""
    return {key for argument in KEY_ARGUMENT.findall(script(app)) for key in literals(argument)}


def keys_elsewhere(app: str, known: set[str]) -> set[str]:
    """Return the strings in a page's scripts that look like keys or the first parts of keys."""
    namespaces = {key.split(".")[0] for key in known if "." in key}
    dotted = {text for text in literals(script(app)) if re.fullmatch(r"\w+(\.\w+)+", text)}
    return {text for text in dotted if text.split(".")[0] in namespaces}


def is_used(key: str, app: str) -> bool:
    """Return whether a page's scripts contain a key as a string, or a template string that can produce it."""
    strings = literals(script(app))
    if key in strings or PLURAL.sub("", key) in strings:
        return True
    return any(can_produce(template, key, strings) for template in TEMPLATE.findall(script(app)))


def can_produce(template: str, key: str, strings: set[str]) -> bool:
    """Return whether a template string with placeholders can produce a key.

    If the template begins with a placeholder, the beginning of the key must be one of the strings.
    """
    match = pattern(template).fullmatch(key)
    if match is None or not PLACEHOLDER.search(template) or not PLACEHOLDER.sub("", template):
        return False
    return not template.startswith("${") or match[1] in strings


@pytest.mark.parametrize(("app", "words"), APPS)
def test_keys__all_have_texts(app: str, words: Words) -> None:
    known = set(words())
    bases = known | {PLURAL.sub("", key) for key in known}

    parts = {key.rsplit(".", 1)[0] for key in known}
    assert len(keys_in_calls(app)) > 10
    assert keys_in_calls(app) - bases == set()
    assert keys_elsewhere(app, known) - bases - parts == set()


@pytest.mark.parametrize(("app", "words"), APPS)
def test_templates__all_can_produce_a_key(app: str, words: Words) -> None:
    arguments = KEY_ARGUMENT.findall(script(app))
    templates = {template for argument in arguments for template in TEMPLATE.findall(argument)}

    assert templates
    assert {text for text in templates if not any(map(pattern(text).fullmatch, words()))} == set()


@pytest.mark.parametrize(("app", "words"), APPS)
def test_texts__all_are_used(app: str, words: Words) -> None:
    assert [key for key in words() if not is_used(key, app)] == []


@pytest.mark.parametrize(("app", "words"), APPS)
def test_keys__are_dotted(app: str, words: Words) -> None:
    assert [key for key in words() if "." not in key and key != "none"] == []


@pytest.mark.parametrize(("app", "words"), APPS)
def test_texts__plurals_have_both_forms(app: str, words: Words) -> None:
    bases = {PLURAL.sub("", key) for key in words() if PLURAL.search(key)}

    assert {f"{base}.{form}" for base in bases for form in ("one", "other")} <= set(words())
