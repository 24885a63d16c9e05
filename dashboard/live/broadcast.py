"""Publishes the snapshot of this process once per tick, and receives the snapshots of other processes."""

from __future__ import annotations

import asyncio
import functools
import time

from channels.layers import BaseChannelLayer, InMemoryChannelLayer, get_channel_layer

from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.histograms import Histogram
from lifecycle.counts.recent import BUCKET_SECONDS, Bucket
from lifecycle.record.events import columns_of
from lifecycle.server.faults import faults
from lifecycle.server.process import Process

from ..contract import LATEST_ENDS, RECENT_SECONDS, BucketRow, ProcessSnapshot, PublishedEndpoint
from . import hub, layer_log
from .ends import end_row

#: The alias of the channel layer. A separate alias keeps snapshots out of the application's channels.
LAYER = "lifecycle"
GROUP = "lifecycle.snapshots"
MESSAGE = "lifecycle.snapshot"
#: How long to wait for the channel layer in each tick, in seconds.
PATIENCE = 3.0
#: The channel layer counts as lost after this many ticks in a row without an answer.
MISSES = 2
#: How many buckets a process publishes: the current and the previous bucket.
BUCKETS = 2
NO_RATES = (0.0, 0.0, 0.0)


def layer_between_processes() -> BaseChannelLayer | None:
    """Return the channel layer; ``None`` if it is in memory and therefore does not reach other processes."""
    layer = get_channel_layer(LAYER)
    return None if isinstance(layer, InMemoryChannelLayer) else layer


async def publish(process: Process) -> None:
    """Store the snapshot of this process for its own viewers, and send it to the other processes.

    Raises every error of the channel layer except a timeout. A timeout is a failure only if it is repeated.
    """
    snapshot = snapshot_of(process, time.time())
    feed = hub.current()
    feed.live.store(snapshot, time.time())
    layer = layer_between_processes()
    if layer is None:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await layer.group_send(GROUP, {"type": MESSAGE, "snapshot": snapshot})
        feed.missed = 0
    except TimeoutError as error:
        # A single miss may be the fault of this process: a busy event loop sends nothing either.
        feed.missed += 1
        if feed.missed >= MISSES:
            process.jobs.failed(publish.__name__, error)
    except Exception:
        feed.missed = MISSES
        raise
    finally:
        feed.connected = feed.missed < MISSES


async def show(process: Process) -> None:
    """Store a new snapshot of this process, and send the updated picture to this process's viewers."""
    feed = hub.current()
    if feed.viewers:
        now = time.time()
        feed.live.store(snapshot_of(process, now), now)
        await feed.tick()


async def listen(process: Process) -> None:
    """Receive the snapshots of other processes until the channel layer fails; the next tick tries again."""
    layer = layer_between_processes()
    if layer is None:
        return
    layer_log.watch(functools.partial(process.jobs.failed, listen.__name__))
    channel = await layer.new_channel()
    await layer.group_add(GROUP, channel)
    while True:
        message = await layer.receive(channel)
        process.jobs.succeeded(listen.__name__)
        snapshot = message["snapshot"]
        if snapshot["id"] != process.identity.id:
            hub.current().live.store(snapshot, time.time())


def snapshot_of(process: Process, now: float) -> ProcessSnapshot:
    """Return the snapshot of a process at the Unix time ``now``.

    Its size depends on the number of endpoints and causes, but not on the number of connections.
    """
    recorder, writer = process.recorder, process.writer
    rates = recorder.tally.rates(now)
    endpoints = recorder.tally.copy_endpoints()
    recent = recorder.tally.recent_buckets(now, RECENT_SECONDS)
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
        # Without a writer there is no spool, which is a fault of its own.
        "writing": writer.writing if writer else True,
        "faults": faults(process),
        "unstored": recorder.refusals.counts.total,
        "endpoints": {
            name: endpoint_numbers(counts, rates.get(name, NO_RATES)) for name, counts in endpoints.items()
        },
        "closes_5m": sum(sum(bucket.closes.values()) for bucket in recent),
        "abnormal_5m": sum(bucket.abnormal for bucket in recent),
        "buckets": [bucket_row(bucket) for bucket in recent if bucket.at > now - BUCKETS * BUCKET_SECONDS],
        "ends": [end_row(columns_of(event)) for event in list(recorder.recent)[:LATEST_ENDS]],
    }


def endpoint_numbers(counts: EndpointTally, rates: tuple[float, float, float]) -> PublishedEndpoint:
    """Return the counts of one endpoint for publication.

    ``rates`` are the numbers of accepted, ended and refused connections per second.
    """
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
        "apart": counts.internal,
    }


def mean_ms(round_trips: Histogram) -> float | None:
    """Return the mean round-trip time in milliseconds, or ``None`` if none was measured."""
    observed = sum(round_trips.counts)
    return round(round_trips.total / observed * 1000, 1) if observed else None


def bucket_row(bucket: Bucket) -> BucketRow:
    """Return one bucket as plain data."""
    return {
        "t": bucket.at,
        "open": bucket.open,
        "closes": dict(bucket.closes),
    }
