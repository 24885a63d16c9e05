"""Heartbeats of a process in a test, one step after the other, and the end of its database connections."""

from __future__ import annotations

from django.db import connections

from lifecycle.server.process import Process


async def beat(process: Process) -> None:
    """Send a heartbeat and do the work that follows it; in a server, each part of that work is a task."""
    await process.renew()
    for part in process.parts().values():
        await part()


def close_connections(process: Process) -> None:
    """Close the database connections of a process's threads; only the threads themselves can do that."""
    writer = process.writer
    for executor in (writer and writer.executor, writer and writer.urgent, process.adoption):
        if executor:
            executor.submit(connections.close_all).result(5)
