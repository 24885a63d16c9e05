"""The texts for causes and close codes, translated for the reader of a page."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from lifecycle.verdict.cause_texts import CAUSES, INITIATORS, Words
from lifecycle.verdict.causes import Cause, Initiator
from lifecycle.verdict.code_texts import MEANINGS, RANGES, Meaning, describe


def cause_words(cause: str) -> Words:
    """Return the translated words for a cause; a cause of a later release has its own name as its label."""
    known = CAUSES[Cause(cause)] if cause in CAUSES else Words(cause, "", "")
    return Words(*(gettext(text) if text else "" for text in known))


def initiator_label(initiator: str) -> str:
    """Return the translated name of an initiator; an unknown initiator keeps its own name."""
    return gettext(INITIATORS[Initiator(initiator)]) if initiator in INITIATORS else initiator


def code_words(code: int) -> Meaning:
    """Return the translated name, meaning and next step of a close code."""
    return translated(describe(code))


def translated(meaning: Meaning) -> Meaning:
    """Return a meaning in the reader's language."""
    return Meaning(*(gettext(text) for text in meaning))


def vocabulary() -> dict[str, Any]:
    """Return all texts as plain data for the dashboard: ``causes``, ``codes`` and ``code_ranges``."""
    return {"causes": {cause.value: described(cause) for cause in CAUSES}, **code_vocabulary()}


def code_vocabulary() -> dict[str, Any]:
    """Return what close codes mean, for static/lifecycle/js/kit/close_codes.js: ``codes`` and ``code_ranges``."""
    return {
        "codes": {str(code): code_words(code)._asdict() for code in MEANINGS},
        "code_ranges": {limits: translated(meaning)._asdict() for limits, meaning in RANGES.items()},
    }


def described(cause: Cause) -> dict[str, Any]:
    """Return the words for a cause as plain data, with its initiator and whether it is abnormal."""
    return {
        **cause_words(cause)._asdict(),
        "abnormal": cause.abnormal,
        "initiator": cause.initiator.value,
    }
