"""Rows of processes and events of connections, for tests."""

from __future__ import annotations

import time
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from lifecycle.models import ServerProcess
from lifecycle.record.events import Event, accept_event, end_event, open_event
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts, new_id


def make_process(age: float = 0.0, **told: object) -> ServerProcess:
    """Return the row of a process whose last heartbeat was ``age`` seconds ago."""
    heard = timezone.now() - timedelta(seconds=age)
    named = {"id": UUID(new_id()), "host": "web-1", "pid": 42, "started_at": heard, "heartbeat_at": heard}
    return ServerProcess.objects.create(**{**named, **told})


def life_events(process_id: UUID) -> tuple[Event, Event, Event]:
    """Return the events of a connection: ``open``, ``accept`` and ``end``."""
    facts = Facts(endpoint="ws/chat/", opened_at=time.time() - 600)
    opened = open_event(facts, str(process_id))
    facts.accepted_at = facts.opened_at + 1
    accepted = accept_event(facts, str(process_id))
    facts.ended_at = facts.opened_at + 11
    return opened, accepted, end_event(facts, Verdict(Cause.CLIENT_NORMAL, 1000), str(process_id))
