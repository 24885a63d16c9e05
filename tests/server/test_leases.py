"""Leases: one holder at a time, by the database's clock."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from lifecycle.models import Lease
from lifecycle.server import leases
from lifecycle.verdict.facts import new_id

pytestmark = pytest.mark.django_db

DUTY = "housekeeping"
ONE, OTHER = UUID(new_id()), UUID(new_id())


def expired(holder: UUID) -> None:
    """Give a holder a lease that expired a minute ago."""
    leases.hold(DUTY, holder, -60)


def nothing(holder: UUID) -> None:
    """Leave the lease without a holder."""


def test_hold__of_a_free_duty_takes_it() -> None:
    assert leases.hold(DUTY, ONE, 20) is True
    assert Lease.objects.get().holder == ONE


def test_hold__of_anothers_duty_is_refused_and_changes_nothing() -> None:
    leases.hold(DUTY, ONE, 20)
    before = Lease.objects.get().until
    assert leases.hold(DUTY, OTHER, 60) is False
    assert (Lease.objects.get().holder, Lease.objects.get().until) == (ONE, before)


def test_hold__by_the_holder_renews_the_lease() -> None:
    leases.hold(DUTY, ONE, 20)
    before = Lease.objects.get().until
    assert leases.hold(DUTY, ONE, 60) is True
    assert Lease.objects.get().until > before


@pytest.mark.parametrize("holder", [ONE, OTHER], ids=["its holder", "another"])
def test_hold__of_an_expired_lease_takes_it(holder: UUID) -> None:
    expired(ONE)
    assert leases.hold(DUTY, holder, 20) is True
    assert leases.hold(DUTY, UUID(new_id()), 20) is False
    assert Lease.objects.get().holder == holder


def test_hold__of_one_duty_leaves_others_alone() -> None:
    assert leases.hold(DUTY, ONE, 20)
    assert leases.hold("another duty", OTHER, 20)
    assert dict(Lease.objects.values_list("name", "holder")) == {DUTY: ONE, "another duty": OTHER}


def test_release__lets_another_one_take_over_at_once() -> None:
    leases.hold(DUTY, ONE, 3600)
    leases.release(DUTY, ONE)
    assert leases.hold(DUTY, OTHER, 20) is True


@pytest.mark.parametrize("before", [nothing, expired], ids=["free", "held"])
def test_release__by_another_process_does_nothing(before: Callable[[UUID], None]) -> None:
    before(ONE)
    held = list(Lease.objects.values())
    leases.release(DUTY, OTHER)
    assert list(Lease.objects.values()) == held
