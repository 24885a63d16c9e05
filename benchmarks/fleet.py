"""Snapshots of many server processes with many endpoints, for measurements and screenshots. No I/O, no clock."""

from __future__ import annotations

import random
from uuid import UUID

from dashboard.contract import LATEST_ENDS, BucketRow, EndRow, ProcessSnapshot, PublishedEndpoint
from lifecycle.verdict.causes import Cause, initiator_of

# ruff: noqa: S311 - random numbers that protect nothing
PLACES = ("chat", "notices", "prices", "orders", "presence", "support", "editor", "tracking", "auctions", "logs")
KINDS = (
    "rooms/<str:room>",
    "users/<int:user_id>/inbox",
    "symbols/<str:symbol>",
    "stream",
    "tenants/<slug:tenant>/updates",
    "documents/<uuid:id>",
    "feed",
    "v2/regions/<str:region>",
    "admin/broadcast",
    "live/<int:event_id>",
)
#: Each cause with its share of the ends.
CAUSES = {
    Cause.CLIENT_GOING_AWAY: 43,
    Cause.CLIENT_NORMAL: 19,
    Cause.CLIENT_APPLICATION: 9,
    Cause.NETWORK_LOST: 9,
    Cause.CLIENT_NO_STATUS: 6,
    Cause.SERVER_NORMAL: 5,
    Cause.SERVER_APPLICATION: 4,
    Cause.HEARTBEAT_LOST: 2,
    Cause.SERVER_ERROR: 1,
    Cause.SERVER_SHUTDOWN: 1,
    Cause.PROTOCOL_ERROR: 1,
}
CODES: dict[Cause, int] = {
    Cause.CLIENT_NORMAL: 1000,
    Cause.CLIENT_APPLICATION: 4001,
    Cause.CLIENT_NO_STATUS: 1005,
    Cause.NETWORK_LOST: 1006,
    Cause.HEARTBEAT_LOST: 1006,
    Cause.SERVER_NORMAL: 1000,
    Cause.SERVER_APPLICATION: 4002,
    Cause.SERVER_ERROR: 1011,
    Cause.SERVER_SHUTDOWN: 1012,
    Cause.PROTOCOL_ERROR: 1007,
}
BUCKET_SECONDS = 10
HOUR = 3600.0
#: The mean number of open connections of the largest endpoint in each process.
LEVEL = 600.0


def endpoint_names(count: int) -> list[str]:
    """Return the names of at most one hundred endpoints, the largest first. They are not in alphabetical order."""
    names = [f"ws/{place}/{kind}/" for kind in KINDS for place in PLACES]
    return random.Random(7).sample(names, count)


def weight(position: int) -> float:
    """Return how much traffic an endpoint has, compared with the first."""
    return 1 / (1 + position) ** 0.9


def fleet(endpoints: int, processes: int, now: float, level: float = LEVEL) -> list[ProcessSnapshot]:
    """Return one snapshot of each process at the Unix time ``now``. The same arguments give the same snapshots."""
    names = endpoint_names(endpoints)
    return [process(number, names, now, level) for number in range(processes)]


def process(number: int, names: list[str], now: float, level: float) -> ProcessSnapshot:
    """Return the snapshot of one process."""
    numbers = random.Random(f"{number} {int(now)}")
    steady = random.Random(number)
    buckets = [bucket(names, start, level, numbers) for start in latest_buckets(now)]
    return {
        "id": str(UUID(int=steady.getrandbits(128), version=4)),
        "host": f"web-{1 + number // 4:02}.example",
        "pid": 1000 + steady.randrange(30_000),
        "server": "daphne 4.2.1" if number % 3 else "uvicorn 0.35.0",
        "release": "2026.11.2" if number % 5 else "2026.11.3",
        "started": now // 86_400 * 86_400 - steady.uniform(1, 9 * 24) * HOUR,
        "at": now,
        "stopping": False,
        "spool": numbers.randrange(30),
        "dropped": 0,
        "last_write": now - numbers.uniform(0.05, 0.4),
        "writing": True,
        "faults": [],
        "endpoints": {
            name: numbers_of(weight(position), level, steady, numbers) for position, name in enumerate(names)
        },
        "closes_5m": 300 + numbers.randrange(40),
        "abnormal_5m": 20 + numbers.randrange(9),
        "buckets": buckets,
        "ends": [end(names, now - 0.4 * age - numbers.random() / 3, numbers) for age in range(LATEST_ENDS)],
    }


def latest_buckets(now: float) -> list[int]:
    """Return the starts of the previous and the current bucket."""
    current = int(now) // BUCKET_SECONDS * BUCKET_SECONDS
    return [current - BUCKET_SECONDS, current]


def numbers_of(share: float, level: float, steady: random.Random, numbers: random.Random) -> PublishedEndpoint:
    """Return the counts of one endpoint in one process. The share of each process differs a little."""
    total = steady.uniform(40_000, 60_000) * share
    opened = int(total)
    open_now = min(opened, int(level * share * steady.uniform(0.8, 1.2) * numbers.uniform(0.98, 1.02)))
    return {
        "open": open_now,
        "opened": opened,
        "closed": opened - open_now,
        "refused": int(total * 0.004),
        "connects_s": round(numbers.uniform(0, 4) * share, 1),
        "closes_s": round(numbers.uniform(0, 4) * share, 1),
        "refused_s": round(numbers.uniform(0, 0.3) * share, 1),
        "messages_in": int(total * steady.uniform(20, 40)),
        "messages_out": int(total * steady.uniform(60, 90)),
        "rtt_ms": round(steady.uniform(12, 80), 1),
        "apart": False,
    }


def bucket(names: list[str], start: int, level: float, numbers: random.Random) -> BucketRow:
    """Return the counts of ten seconds in one process."""
    opened = {
        name: int(level * weight(position) * numbers.uniform(0.98, 1.02)) for position, name in enumerate(names)
    }
    rate = level / LEVEL / 2
    closes = {cause.value: int(share * rate * numbers.uniform(0.5, 1.5) + 0.5) for cause, share in CAUSES.items()}
    return {"t": start, "open": opened, "closes": {cause: count for cause, count in closes.items() if count}}


def end(names: list[str], at: float, numbers: random.Random) -> EndRow:
    """Return the end of one connection."""
    [name] = numbers.choices(names, [weight(position) for position in range(len(names))])
    [cause] = numbers.choices(list(CAUSES), list(CAUSES.values()))
    return {
        "id": str(UUID(int=numbers.getrandbits(128), version=4)),
        "at": round(at, 3),
        "endpoint": name,
        "state": "closed",
        "code": CODES.get(cause, 1001),
        "cause": cause.value,
        "initiator": initiator_of(cause),
        "duration_s": round(numbers.expovariate(1 / 300), 3),
    }
