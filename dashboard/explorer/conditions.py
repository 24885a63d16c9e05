"""The conditions of filters that have no index in the order of time. They are checked on each row of a walk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import reduce
from operator import and_, or_

from django.db.models import F, Q
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from lifecycle.history.expressions import Seconds
from lifecycle.models import Connection
from lifecycle.search import addresses
from lifecycle.verdict.causes import NORMAL_CAUSES

from . import families
from .filters import Filters

REJECTED, CLOSED, OPEN = Connection.State.REJECTED, Connection.State.CLOSED, Connection.State.OPEN
LASTED = Seconds(F("closed_at")) - Seconds(F("accepted_at"))
#: A duration is at most this number of seconds; dates before the year 1 cannot be computed.
LONGEST = 1e9


def of(filters: Filters, now: datetime) -> list[Q]:
    """Return the conditions of all filters that are set."""
    return [*ends(filters), *origins(filters), *clients(filters), *durations(filters, now)]


def ends(filters: Filters) -> Iterator[Q]:
    """Yield the conditions on the state and the end."""
    if filters.state:
        yield Q(plain_state=filters.state)
    if filters.cause:
        yield Q(cause=filters.cause)
    if filters.abnormal is not None:
        # Causes that only a newer release knows count as abnormal. Open connections have no cause.
        yield ~Q(cause__in=["", *NORMAL_CAUSES]) if filters.abnormal else Q(cause__in=list(NORMAL_CAUSES))
    if filters.code:
        yield code(filters.code)
    if filters.initiator:
        yield Q(initiator=filters.initiator)
    if filters.exception:
        yield Q(exception=filters.exception) | Q(exception__endswith=f".{filters.exception}")


def code(text: str) -> Q:
    """Return the condition for a close code, also of handshakes that the application refused with it."""
    if text == "none":
        return Q(close_code=None) & (Q(plain_state=CLOSED) | Q(plain_state=REJECTED, sent_code=None))
    return Q(close_code=int(text)) | Q(plain_state=REJECTED, sent_code=int(text))


def origins(filters: Filters) -> Iterator[Q]:
    """Yield the conditions on the endpoint, the tab and the network."""
    if filters.endpoint:
        yield Q(endpoint=filters.endpoint)
    if filters.tab:
        yield Q(plain_tab_id=filters.tab)
    if filters.ip and (place := addresses.parse(filters.ip)):
        yield addresses.is_in(place, "plain_client_ip")


def clients(filters: Filters) -> Iterator[Q]:
    """Yield the conditions on the browser and the operating system."""
    if filters.browser:
        yield family(filters.browser, families.BROWSERS)
    if filters.os:
        yield family(filters.os, families.SYSTEMS)


def family(name: str, known: tuple[families.Family, ...]) -> Q:
    """Return the condition for a family of user agents."""
    if name == families.NONE:
        return Q(user_agent="")
    wanted, unwanted = families.parts_of(name, known)
    has = reduce(or_, (Q(user_agent__contains=part) for part in wanted), Q())
    return reduce(and_, (~Q(user_agent__contains=part) for part in unwanted), ~Q(user_agent="") & has)


def durations(filters: Filters, now: datetime) -> Iterator[Q]:
    """Yield the conditions on the time from the accept to the end.

    An open connection has lasted until now. So it can be too short, but its duration has no upper limit yet.
    """
    if (low := filters.min_duration) is not None:
        still_open = Q(plain_state=OPEN, accepted_at__lte=now - timedelta(seconds=min(low, LONGEST)))
        yield still_open | Q(GreaterThanOrEqual(LASTED, low))
    if (high := filters.max_duration) is not None:
        yield Q(LessThanOrEqual(LASTED, high))
