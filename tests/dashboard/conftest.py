"""Fixtures of the dashboard's tests."""

from __future__ import annotations

import pytest
from django.test import Client

from dashboard.shared_reads import history_reads
from tests.dashboard.clients import signed_in


@pytest.fixture(autouse=True)
def nothing_is_shared() -> None:
    """Forget the history that other tests have read."""
    history_reads.clear()


@pytest.fixture
def operator() -> Client:
    """Return a test client in which an operator is signed in."""
    return signed_in(is_staff=True, permitted=True)
