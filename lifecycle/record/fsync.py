"""Calls fsync on the spool regularly, on a separate thread, so no socket waits for the disk."""

from __future__ import annotations

import logging
import threading

from lifecycle.record.spool import Spool

logger = logging.getLogger("lifecycle")


class Fsyncer:
    """Calls ``Spool.fsync`` every ``seconds`` while events are being appended, and sleeps otherwise."""

    def __init__(self, spool: Spool, seconds: float) -> None:
        """Start the thread; an event waits at most ``seconds`` for the next fsync."""
        self.spool = spool
        self.seconds = seconds
        self.stopping = threading.Event()
        self.woken = threading.Event()
        self.thread = threading.Thread(target=self.run, name="lifecycle-sync", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Call fsync until stopped; continue after errors; log the start and the end of each series of errors."""
        failing = False
        synced = 0
        while not self.stopping.wait(self.seconds):
            appended = self.spool.appended
            try:
                if appended == synced:
                    self.sleep(synced)
                else:
                    self.spool.fsync()
                    synced = appended
                    if failing:
                        logger.warning("The spool %s can be synced again", self.spool.folder)
                    failing = False
            except OSError as error:
                # This error is expected: the spool may already have been closed.
                if self.stopping.is_set():
                    return
                if not failing:
                    logger.error("Could not fsync the spool %s: %s", self.spool.folder, error)
                failing = True

    def sleep(self, synced: int) -> None:
        """Wait until more than ``synced`` bytes have been appended, or ``stop`` is called."""
        self.woken.clear()
        self.spool.sleepers.append(self.woken.set)
        # If an event was appended before the callback was registered, it did not call the callback.
        if self.spool.appended == synced and not self.stopping.is_set():
            self.woken.wait()

    def stop(self) -> None:
        """Ask the thread to stop, and return at once. The thread first finishes any fsync that is in progress."""
        self.stopping.set()
        self.woken.set()
