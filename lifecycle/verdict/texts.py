"""The texts for causes and close codes, translated into the active language."""

from __future__ import annotations

from typing import TypedDict

from django.utils.translation import gettext

from lifecycle.verdict.cause_texts import CAUSES, INITIATORS, Words
from lifecycle.verdict.causes import Cause, Initiator
from lifecycle.verdict.code_texts import MEANINGS, RANGES, Meaning, describe


class CodeTexts(TypedDict):
    """The texts for a close code, or for a range of close codes, as a page receives them."""

    name: str
    meaning: str
    next: str


class CauseTexts(TypedDict):
    """The texts for a cause as a page receives them."""

    label: str
    meaning: str
    next: str
    abnormal: bool
    initiator: str


class CodeVocabulary(TypedDict):
    """The texts for close codes: by code, and by range such as ``4000-4999``."""

    codes: dict[str, CodeTexts]
    code_ranges: dict[str, CodeTexts]


class Vocabulary(CodeVocabulary):
    """All texts for a page; the keys of ``causes`` are the values of ``Cause``."""

    causes: dict[str, CauseTexts]


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


def vocabulary() -> Vocabulary:
    """Return all texts as plain data for a page: ``causes``, ``codes`` and ``code_ranges``."""
    return {"causes": {cause.value: described(cause) for cause in CAUSES}, **code_vocabulary()}


def code_vocabulary() -> CodeVocabulary:
    """Return ``codes`` and ``code_ranges``, the texts that static/lifecycle/js/kit/close_codes.js needs."""
    return {
        "codes": {str(code): code_texts(describe(code)) for code in MEANINGS},
        "code_ranges": {limits: code_texts(meaning) for limits, meaning in RANGES.items()},
    }


def code_texts(meaning: Meaning) -> CodeTexts:
    """Return the translated texts for a close code as plain data."""
    name, text, following = translated(meaning)
    return {"name": name, "meaning": text, "next": following}


def described(cause: Cause) -> CauseTexts:
    """Return the texts for a cause as plain data, with ``initiator`` and ``abnormal``."""
    label, text, following = cause_words(cause)
    return {
        "label": label,
        "meaning": text,
        "next": following,
        "abnormal": cause.abnormal,
        "initiator": cause.initiator.value,
    }
