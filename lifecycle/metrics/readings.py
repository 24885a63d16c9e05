"""Reads the counts of a process for a scrape, and shares them with other processes on the same host.

Processes that share a listening socket cannot be scraped separately. If ``METRICS_SCOPE`` is ``"host"``, each
process writes its reading to a file in its spool folder once per second. The process that answers the scrape
reads all these files.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lifecycle import conf
from lifecycle.counts.endpoint_tally import EndpointTally
from lifecycle.counts.histograms import Histogram
from lifecycle.server.process import Process

FILE = "reading.json"
#: Files that are older than this many seconds are ignored: their processes no longer write them.
FRESH_SECONDS = 5.0
HISTOGRAMS = ("handshakes", "durations", "round_trips")
NUMBERS = ("open", "opened", "reconnects", "messages_in", "messages_out", "bytes_in", "bytes_out")


@dataclass(frozen=True, slots=True)
class Reading:
    """One consistent copy of a process's counts, and the state of its spool and writer."""

    process: str
    endpoints: dict[str, EndpointTally]
    client_closes: dict[tuple[str, str], int]
    recorded: int
    dropped: int
    backlog: int
    last_write: float


def read(process: Process) -> Reading:
    """Return a new reading of a process."""
    recorder, writer = process.recorder, process.writer
    return Reading(
        process=str(process.identity),
        endpoints=recorder.tally.copy_endpoints(),
        client_closes=recorder.tally.copy_client_closes(),
        recorded=recorder.recorded,
        dropped=recorder.dropped,
        backlog=recorder.backlog(),
        last_write=(writer.last_write if writer else None) or 0,
    )


def read_host(process: Process) -> list[Reading]:
    """Return the readings of all live processes whose spools are in the same folder.

    The reading of this process also comes from its file, unless the file is missing or stale. A reading
    taken now would be newer than the file. If another process then answered the next scrape from the file, a
    counter could decrease.
    """
    paths = sorted(conf.spool_dir().glob(f"*/{FILE}"))
    found = {path.parent.name: reading for path in paths if (reading := load(path))}
    return with_distinct_names({process.identity.id: read(process), **found})


def with_distinct_names(found: dict[str, Reading]) -> list[Reading]:
    """Return the readings as a list; a name that occurs twice gets the last 12 digits of the process's ID.

    Containers with the same host name all have the name ``web:1``, and Prometheus refuses duplicate samples.
    """
    names = Counter(reading.process for reading in found.values())
    return [
        replace(reading, process=f"{reading.process} {process_id[-12:]}")
        if names[reading.process] > 1
        else reading
        for process_id, reading in found.items()
    ]


async def share(process: Process) -> None:
    """Atomically replace this process's file with a new reading, if ``METRICS_SCOPE`` is ``"host"``."""
    spool = process.recorder.spool
    if conf.get("METRICS_SCOPE") == "host" and spool is not None:
        path = spool.folder / FILE
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(to_plain(read(process))), encoding="ascii")
        os.replace(draft, path)


def load(path: Path) -> Reading | None:
    """Return the reading in a file; ``None`` if it is stale, was just deleted, or has another release's format."""
    try:
        if time.time() - path.stat().st_mtime > FRESH_SECONDS:
            return None
        return from_plain(json.loads(path.read_text(encoding="ascii")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def to_plain(reading: Reading) -> dict[str, Any]:
    """Return a reading as data that JSON can represent."""
    return {
        "process": reading.process,
        "endpoints": {name: plain_tally(counts) for name, counts in reading.endpoints.items()},
        "client_closes": list(reading.client_closes.items()),
        "recorded": reading.recorded,
        "dropped": reading.dropped,
        "backlog": reading.backlog,
        "last_write": reading.last_write,
    }


def plain_tally(counts: EndpointTally) -> dict[str, Any]:
    """Return the counts of one endpoint as data that JSON can represent."""
    return {
        **{name: getattr(counts, name) for name in (*NUMBERS, "rejected")},
        "ends": list(counts.ends.items()),
        **{name: (getattr(counts, name).counts, getattr(counts, name).total) for name in HISTOGRAMS},
    }


def from_plain(plain: dict[str, Any]) -> Reading:
    """Convert the result of ``to_plain`` back to a reading."""
    return Reading(
        **{
            **plain,
            "endpoints": {name: tally_from(counts) for name, counts in plain["endpoints"].items()},
            "client_closes": {tuple(key): value for key, value in plain["client_closes"]},
        }
    )


def tally_from(plain: dict[str, Any]) -> EndpointTally:
    """Convert the result of ``plain_tally`` back to the counts of one endpoint."""
    counts = EndpointTally(**{name: plain[name] for name in NUMBERS})
    counts.rejected = Counter(plain["rejected"])
    # A process of a newer release may report a cause that is unknown here; it is counted under its name.
    counts.ends = Counter({(code, cause): count for (code, cause), count in plain["ends"]})
    for name in HISTOGRAMS:
        histogram: Histogram = getattr(counts, name)
        histogram.counts, histogram.total = plain[name]
    return counts
