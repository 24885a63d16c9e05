"""The witness for the fake server of the tests."""

from __future__ import annotations

import pytest

from lifecycle.capture.witness import Witness
from lifecycle.capture.witnesses import WITNESSES
from lifecycle.verdict.facts import Evidence
from lifecycle.verdict.implementations import Implementation
from tests.asgi import Server


class FakeWitness(Witness):
    """The witness for ``tests.asgi.Server``, which tolerates a pending ``receive()``."""

    __slots__ = ()
    implementation = Implementation("fake", exact=True, sends_reasons=True)
    evidence = Evidence(implementation)
    tolerates_pending_receive = True


@pytest.fixture(autouse=True)
def known_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``tests.asgi.Server`` a known server."""
    monkeypatch.setitem(WITNESSES, (Server.__module__, Server.__name__), FakeWitness)
