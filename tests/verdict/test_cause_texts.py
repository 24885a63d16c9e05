"""The texts for causes and initiators."""

from __future__ import annotations

from lifecycle.verdict.cause_texts import CAUSES, INITIATORS
from lifecycle.verdict.causes import Cause, Initiator


def test_causes__every_cause_has_texts() -> None:
    assert set(CAUSES) == set(Cause)


def test_causes__labels_are_unique() -> None:
    assert len({words.label for words in CAUSES.values()}) == len(Cause)


def test_initiators__every_initiator_has_a_name() -> None:
    assert set(INITIATORS) == set(Initiator)
