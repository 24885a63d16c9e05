"""The faults of a server process whose sockets still work. The live page and ``/readyz`` show them."""

from __future__ import annotations

from lifecycle.server.process import Process

#: The faults of a process. The live page has a text for each of them.
SPOOL, ADOPTION, HOUSEKEEPING = "spool", "adoption", "housekeeping"
#: At most this many folders are named.
NAMED = 10


def faults(process: Process) -> list[str]:
    """Return the faults of a process."""
    return [*([] if spool_works(process) else [SPOOL]), *stuck(process)]


def spool_works(process: Process) -> bool:
    """Return whether the process has a spool, and the disk takes its events."""
    spool, writer = process.recorder.spool, process.writer
    return spool is not None and not spool.refused and not (writer and writer.spool_fault)


def stuck(process: Process) -> dict[str, list[str]]:
    """Return the background work whose last run failed, with the folders and the types of the errors.

    The texts of the errors are only in the log, because everybody may read ``/readyz``.
    """
    found = {name: [error] for name, error in process.failing.items()}
    hanging = process.adopter.hanging()
    folders = [f"{hanging}: hangs"] if hanging else []
    folders += [f"{folder}: {type(error).__name__}" for folder, error in process.adopter.stuck.items()]
    if folders:
        found[ADOPTION] = [*found.get(ADOPTION, []), *folders[:NAMED]]
    return {name: found[name] for name in sorted(found)}
