"""Has the disk keep the spool, in groups and on a thread of its own, so that no socket waits for a disk."""

from __future__ import annotations

import logging
import threading

from lifecycle.record.spool import Spool

logger = logging.getLogger("lifecycle")


class Syncer:
    """Syncs a spool every ``seconds`` while anything is appended, and rests while nothing is."""

    def __init__(self, spool: Spool, seconds: float) -> None:
        """Start the thread; ``seconds`` is how late, at most, an event reaches the disk."""
        self.spool = spool
        self.seconds = seconds
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self.thread = threading.Thread(target=self.run, name="lifecycle-sync", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Sync until stopped; a disk that fails is told once, and appending goes on."""
        complained = False
        synced = 0
        while not self.stopping.wait(self.seconds):
            appended = self.spool.appended
            try:
                if appended == synced:
                    self.rest(synced)
                else:
                    self.spool.sync()
                    synced = appended
            except OSError as error:
                # Whoever stops it lets go of the spool, too, after a last sync.
                if self.stopping.is_set():
                    return
                if not complained:
                    logger.error("The spool %s could not be synced to disk: %s", self.spool.folder, error)
                complained = True

    def rest(self, synced: int) -> None:
        """Wait until more is appended than was synced: a thread that wakes for nothing costs, too."""
        self.woken.clear()
        self.spool.sleepers.append(self.woken.set)
        if self.spool.appended == synced and not self.stopping.is_set():
            self.woken.wait()

    def stop(self) -> None:
        """End the thread after the sync that it is in."""
        self.stopping.set()
        self.woken.set()
