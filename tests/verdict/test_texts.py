"""The translated texts for causes, initiators and close codes, and the format that the live page reads."""

from __future__ import annotations

import json

import pytest

from lifecycle.verdict.causes import Cause, Initiator
from lifecycle.verdict.code_texts import MEANINGS
from lifecycle.verdict.texts import cause_words, initiator_label, vocabulary


@pytest.mark.parametrize("cause", list(Cause))
def test_cause_words__have_label_meaning_and_next_step(cause: Cause) -> None:
    words = cause_words(cause.value)
    assert words.label[0].islower()
    assert words.label == words.label.rstrip(".")
    assert words.meaning.endswith(".")
    assert words.next.endswith(".")


def test_cause_words__unknown_cause_has_its_own_name_as_label() -> None:
    assert cause_words("struck_by_lightning") == ("struck_by_lightning", "", "")


@pytest.mark.parametrize("initiator", list(Initiator))
def test_initiator_label__every_initiator_has_a_label(initiator: Initiator) -> None:
    assert initiator_label(initiator.value) == initiator.value


def test_vocabulary__has_the_keys_that_the_live_page_reads() -> None:
    words = json.loads(json.dumps(vocabulary()))
    assert set(words) == {"causes", "codes", "code_ranges"}
    assert list(words["causes"]) == [cause.value for cause in Cause]
    assert words["causes"]["network_lost"] | {"meaning": "", "next": ""} == {
        "label": "connection lost",
        "meaning": "",
        "next": "",
        "abnormal": True,
        "initiator": "network",
    }
    assert set(words["codes"]) == {str(code) for code in MEANINGS}
    assert set(words["codes"]["1000"]) == {"name", "meaning", "next"}
    assert {"3000-3999", "4000-4999"} <= set(words["code_ranges"])
    assert set(words["code_ranges"]["4000-4999"]) == {"name", "meaning", "next"}
