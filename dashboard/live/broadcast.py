"""This process's snapshot to the group, and the others' snapshots from it, once a tick."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer

from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.histograms import Histogram
from lifecycle.counts.recent import Bucket
from lifecycle.record.events import columns_of
from lifecycle.server.process import Process

from . import hub

#: An alias of its own: the feed can never fill the application's channels.
LAYER = "lifecycle"
GROUP = "lifecycle.snapshots"
MESSAGE = "lifecycle.snapshot"
#: Seconds after which a channel layer that does not answer is given up for this tick.
PATIENCE = 3.0
#: Ticks in a row without an answer, after which the channel layer is called lost.
MISSES = 2
ENDS = 12
ABNORMAL_SECONDS = 300
BUCKETS_SECONDS = 10

Snapshot = dict[str, Any]


def layer_between_processes() -> BaseChannelLayer | None:
    """Return the layer that reaches the other processes; one in memory has none to reach."""
    layer = get_channel_layer(LAYER)
    return None if isinstance(layer, InMemoryChannelLayer) else layer


async def publish(process: Process) -> None:
    """Show this process's snapshot to its own viewers, and send it to the other processes."""
    snapshot = snapshot_of(process, time.time())
    feed = hub.current()
    feed.live.heard(snapshot, time.time())
    layer = layer_between_processes()
    if layer is None:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await layer.group_send(GROUP, {"type": MESSAGE, "snapshot": snapshot})
        feed.missed = 0
    except TimeoutError:
        # One miss may be this process's own: an event loop that is busy for seconds sends nothing either.
        feed.missed += 1
    except Exception:
        feed.missed = MISSES
        raise
    finally:
        feed.connected = feed.missed < MISSES


async def show(process: Process) -> None:
    """Serve the viewers of this process: its own counts as they are now, not as they were last published."""
    feed = hub.current()
    if feed.viewers:
        now = time.time()
        feed.live.heard(snapshot_of(process, now), now)
        await feed.tick()


async def listen(process: Process) -> None:
    """Take in the other processes' snapshots until the channel layer fails; the next tick then tries again."""
    layer = layer_between_processes()
    if layer is None:
        return
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    while True:
        message = await layer.receive(channel)
        snapshot = message["snapshot"]
        if snapshot["id"] != process.identity.id:
            hub.current().live.heard(snapshot, time.time())


def snapshot_of(process: Process, now: float) -> Snapshot:
    """Return a process's counts at one moment, as plain data; its size depends on endpoints and causes alone."""
    recorder, writer = process.recorder, process.writer
    rates = recorder.tally.rates(now)
    endpoints = recorder.tally.copy_endpoints()
    recent = recorder.tally.recent_buckets(now, ABNORMAL_SECONDS)
    return {
        "id": process.identity.id,
        "host": process.identity.host,
        "pid": process.identity.pid,
        "server": process.identity.server,
        "release": process.identity.release,
        "started": process.identity.started_at,
        "at": now,
        "stopping": process.sockets.stopping,
        "spool": recorder.backlog(),
        "dropped": recorder.dropped,
        "last_write": writer.last_write if writer else None,
        "writing": writer.writing if writer else False,
        "endpoints": {
            name: endpoint_row(counts, rates.get(name, (0.0, 0.0, 0.0))) for name, counts in endpoints.items()
        },
        "closes_5m": sum(sum(bucket.closes.values()) for bucket in recent),
        "abnormal_5m": sum(bucket.abnormal for bucket in recent),
        "buckets": [bucket_row(bucket) for bucket in recent if bucket.at > now - 2 * BUCKETS_SECONDS],
        "ends": [end_row(columns_of(event)) for event in list(recorder.recent)[:ENDS]],
    }


def endpoint_row(counts: EndpointTally, rates: tuple[float, float, float]) -> Snapshot:
    """Return the counts of one endpoint; rates are per second."""
    return {
        "open": counts.open,
        "opened": counts.opened,
        "closed": counts.opened - counts.open,
        "refused": sum(counts.rejected.values()),
        "connects_s": rates[0],
        "closes_s": rates[1],
        "refused_s": rates[2],
        "messages_in": counts.messages_in,
        "messages_out": counts.messages_out,
        "rtt_ms": mean_ms(counts.round_trips),
        "apart": counts.apart,
    }


def mean_ms(round_trips: Histogram) -> float | None:
    """Return the mean of the observed seconds in milliseconds, or ``None`` where there are none."""
    observed = sum(round_trips.counts)
    return round(round_trips.total / observed * 1000, 1) if observed else None


def bucket_row(bucket: Bucket) -> Snapshot:
    """Return one bucket as plain data."""
    return {"t": bucket.at, "open": bucket.open, "closes": dict(bucket.closes)}


def end_row(end: dict[str, Any]) -> Snapshot:
    """Return one end as the page takes it."""
    ended, accepted = end["closed_at"], end["accepted_at"]
    return {
        "id": end["id"],
        "at": round(ended, 3),
        "endpoint": end["endpoint"],
        "state": end["state"],
        "code": end["close_code"],
        "cause": end["cause"],
        "initiator": end["initiator"],
        "duration_s": None if accepted is None else round(ended - accepted, 3),
    }
