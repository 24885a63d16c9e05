"""A lease has one holder at a time, and expires by the database's clock."""

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


def expire(holder: UUID) -> None:
    """Give a holder a lease that expired a minute ago."""
    leases.hold(DUTY, holder, -60)


def no_lease(holder: UUID) -> None:
    """Create no lease."""


def test_hold__acquires_a_lease_that_nobody_holds() -> None:
    assert leases.hold(DUTY, ONE, 20) is True
    assert Lease.objects.get().holder == ONE


def test_hold__is_refused_while_another_process_holds_the_lease() -> None:
    leases.hold(DUTY, ONE, 20)
    before = Lease.objects.get().until
    assert leases.hold(DUTY, OTHER, 60) is False
    assert (Lease.objects.get().holder, Lease.objects.get().until) == (ONE, before)


def test_hold__by_the_holder_renews_the_lease() -> None:
    leases.hold(DUTY, ONE, 20)
    before = Lease.objects.get().until
    assert leases.hold(DUTY, ONE, 60) is True
    assert Lease.objects.get().until > before


@pytest.mark.parametrize("holder", [ONE, OTHER], ids=["same holder", "other holder"])
def test_hold__acquires_an_expired_lease(holder: UUID) -> None:
    expire(ONE)
    assert leases.hold(DUTY, holder, 20) is True
    assert leases.hold(DUTY, UUID(new_id()), 20) is False
    assert Lease.objects.get().holder == holder


def test_hold__does_not_affect_leases_with_other_names() -> None:
    assert leases.hold(DUTY, ONE, 20)
    assert leases.hold("another duty", OTHER, 20)
    assert dict(Lease.objects.values_list("name", "holder")) == {DUTY: ONE, "another duty": OTHER}


def test_release__lets_another_process_acquire_the_lease_at_once() -> None:
    leases.hold(DUTY, ONE, 3600)
    leases.release(DUTY, ONE)
    assert leases.hold(DUTY, OTHER, 20) is True


@pytest.mark.parametrize("before", [no_lease, expire], ids=["no lease", "expired lease"])
def test_release__by_another_process_does_nothing(before: Callable[[UUID], None]) -> None:
    before(ONE)
    held = list(Lease.objects.values())
    leases.release(DUTY, OTHER)
    assert list(Lease.objects.values()) == held
