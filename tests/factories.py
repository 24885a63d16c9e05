"""Typical facts, events and rows for tests. Keyword arguments change single values."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import uuid4

from django.utils import timezone

from lifecycle.models import Connection, ServerProcess
from lifecycle.record.events import Event, accept_event, columns_of, end_event, open_event, report_event
from lifecycle.server.process import Process
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts, new_id

CHAT = "ws/chat/<str:room>/"
#: The process ID in all events, unless a test passes another ID.
PROCESS = str(uuid4())
NORMAL = Verdict(Cause.CLIENT_NORMAL, 1000)
LOST = Verdict(Cause.NETWORK_LOST, 1006)
#: The groups of ``Facts`` whose attributes can be set, and the tuples, which are replaced as a whole.
GROUPS = ("handshake", "route", "traffic")
TUPLES = ("evidence", "page")


class Life(NamedTuple):
    """All events of one connection."""

    opened: Event
    accepted: Event
    ended: Event


def make_facts(**values: Any) -> Facts:  # noqa: ANN401 - each name has its own type
    """Return the facts of a connection; ``values`` are attributes of ``Facts`` or of one of its groups."""
    facts = Facts()
    for name, value in values.items():
        set_fact(facts, name, value)
    if "opened_at" in values:
        facts.__post_init__()
    return facts


def set_fact(facts: Facts, name: str, value: object) -> None:
    """Set an attribute of ``facts``, or of the group that has an attribute of this name."""
    for group in TUPLES:
        if name in getattr(facts, group)._fields:
            setattr(facts, group, getattr(facts, group)._replace(**{name: value}))
            return
    groups = [getattr(facts, group) for group in GROUPS]
    owner = next((group for group in groups if name in group.__slots__), facts)
    setattr(owner, name, value)


def facts(**values: Any) -> Facts:  # noqa: ANN401 - fields of any type
    """Return the facts of a handshake that started ten minutes ago."""
    return make_facts(
        **{"path": "/ws/chat/blue/", "client_ip": "192.0.2.1", "opened_at": time.time() - 600} | values
    )


def opened(known: Facts, process_id: object = PROCESS) -> Event:
    """Return the event of the handshake."""
    return open_event(known, str(process_id))


def accepted(known: Facts, process_id: object = PROCESS) -> Event:
    """Route the connection and accept it one second after the handshake; return the event."""
    known.route.endpoint, known.subprotocol, known.route.user_id = CHAT, "v1", "7"
    known.accepted_at = known.opened_at + 1
    return accept_event(known, str(process_id))


def ended(known: Facts, verdict: Verdict = NORMAL, process_id: object = PROCESS) -> Event:
    """End the connection eleven seconds after the handshake; return the event."""
    known.ended_at, known.traffic.messages_in, known.traffic.bytes_in = known.opened_at + 11, 3, 30
    return end_event(known, verdict, str(process_id))


def life(known: Facts | None = None, verdict: Verdict = NORMAL, process_id: object = PROCESS) -> Life:
    """Accept and end a connection; return its events."""
    known = known or facts()
    return Life(opened(known, process_id), accepted(known, process_id), ended(known, verdict, process_id))


def hello(known: Facts, tab: str, previous: Facts | None = None, **columns: object) -> Event:
    """Return the event of a client's hello; ``previous`` is the connection that the client had before."""
    set_fact(known, "tab_id", tab)
    if previous is not None:
        set_fact(known, "previous_id", previous.id)
        end = {"previous_code": 1006, "previous_reason": "", "previous_clean": False, "offline_ms": 3200}
        columns = {"previous_id": previous.id, **end, **columns}
    return report_event(known, "hello", known.opened_at, page="/", **columns)


def changed(event: Event, **columns: object) -> Event:
    """Return a copy of an event with new values in some columns."""
    return event[0], *(columns_of(event) | columns).values()


def connection(**columns: Any) -> Connection:  # noqa: ANN401 - columns of any type
    """Return an unsaved connection that the client closed after five seconds.

    Unless ``columns`` contains an initiator, it is that of the cause.
    """
    at = columns.get("opened_at", timezone.now())
    typical = {
        "id": new_id(),
        "endpoint": "ws/status/",
        "path": "/ws/status/",
        "state": "closed",
        "opened_at": at,
        "accepted_at": at,
        "closed_at": at + timedelta(seconds=5),
        "close_code": 1000,
        "cause": "client_normal",
    }
    values = typical | columns
    return Connection(**{"initiator": values["cause"] and Cause(values["cause"]).initiator.value} | values)


def connection_row(**columns: Any) -> Connection:  # noqa: ANN401 - columns of any type
    """Save a connection and return it."""
    row = connection(**columns)
    row.save(force_insert=True)
    return row


def process_row(silent_seconds: float = 0.0, **columns: Any) -> ServerProcess:  # noqa: ANN401 - columns of any type
    """Save and return a server process whose only heartbeat was ``silent_seconds`` ago."""
    last_heard = timezone.now() - timedelta(seconds=silent_seconds)
    typical = {"host": "web-1", "pid": 42, "started_at": last_heard, "heartbeat_at": last_heard}
    return ServerProcess.objects.create(**typical | columns)


def count_traffic(process: Process, code: int = 4001) -> None:
    """Count three accepts, a close, a refusal, a client-reported close, and a round trip.

    Also set the number of recorded events to 11, and of dropped events to 2.
    """
    tally, now = process.recorder.tally, time.time()
    for _ in range(3):
        tally.accepted(CHAT, 0.02, now)
    tally.closed(CHAT, Verdict(Cause.CLIENT_APPLICATION, code), 30.0, now)
    tally.rejected("unmatched", Verdict(Cause.REJECTED_UNMATCHED, None), now)
    tally.client_close(CHAT, 1006, clean=False)
    tally.round_trip(CHAT, 0.03)
    process.recorder.recorded, process.recorder.dropped = 11, 2
