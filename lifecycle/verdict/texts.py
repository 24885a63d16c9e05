"""The texts for causes and close codes, translated into the active language."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from lifecycle.verdict.cause_texts import CAUSES, INITIATORS, Words
from lifecycle.verdict.causes import Cause, Initiator
from lifecycle.verdict.code_texts import MEANINGS, RANGES, Meaning, describe


def cause_words(cause: str) -> Words:
    """Return the translated label, meaning and next step for a cause.

    For a cause from a newer release, the label is the name of the cause, and the other texts are empty.
    """
    known = CAUSES[Cause(cause)] if cause in CAUSES else Words(cause, "", "")
    return Words(*(gettext(text) if text else "" for text in known))


def initiator_label(initiator: str) -> str:
    """Return the translated name of an initiator; an unknown initiator is returned unchanged."""
    return gettext(INITIATORS[Initiator(initiator)]) if initiator in INITIATORS else initiator


def code_words(code: int) -> Meaning:
    """Return the translated name, meaning and next step of a close code."""
    return translated(describe(code))


def translated(meaning: Meaning) -> Meaning:
    """Return a meaning, translated into the active language."""
    return Meaning(*(gettext(text) for text in meaning))


def vocabulary() -> dict[str, Any]:
    """Return all texts as plain data for a page: ``causes``, ``codes`` and ``code_ranges``."""
    return {"causes": {cause.value: described(cause) for cause in CAUSES}, **code_vocabulary()}


def code_vocabulary() -> dict[str, Any]:
    """Return ``codes`` and ``code_ranges``, the texts that static/lifecycle/js/kit/close_codes.js needs."""
    return {
        "codes": {str(code): code_words(code)._asdict() for code in MEANINGS},
        "code_ranges": {limits: translated(meaning)._asdict() for limits, meaning in RANGES.items()},
    }


def described(cause: Cause) -> dict[str, Any]:
    """Return the texts for a cause as plain data, with ``initiator`` and ``abnormal``."""
    return {
        **cause_words(cause)._asdict(),
        "abnormal": cause.abnormal,
        "initiator": cause.initiator.value,
    }
