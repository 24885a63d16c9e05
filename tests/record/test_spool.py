"""The spool: appending, sealing, limits, full disks and fsync."""

from __future__ import annotations

import os
import resource
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.record.folders import segments
from lifecycle.record.lines import decode_all, encode
from lifecycle.record.spool import SEGMENT_SIZE, Spool, SpoolFull
from tests.record.conftest import LIMIT


def test_append__keeps_the_order(spool: Spool) -> None:
    for number in range(100):
        spool.append(encode({"e": "open", "n": number}))
    [path] = spool.seal()
    assert [event and event["n"] for event in decode_all(path.read_bytes())] == list(range(100))
    assert spool.backlog() == 100


def test_append__from_many_threads_keeps_every_line_whole(spool: Spool) -> None:
    halfway = threading.Barrier(5, timeout=10)

    def work(thread: int) -> None:
        for number in range(300):
            if number == 150:
                halfway.wait()
            spool.append(encode({"e": "open", "n": thread * 1000 + number}))

    with ThreadPoolExecutor(5) as pool:
        workers = [pool.submit(work, thread) for thread in range(4)]
        halfway.wait()
        assert spool.seal()
        while not all(worker.done() for worker in workers):
            spool.seal()
    spool.seal()
    data = b"".join(path.read_bytes() for path in segments(spool.folder))
    numbers = sorted(event["n"] for event in decode_all(data) if event)
    assert numbers == sorted(thread * 1000 + number for thread in range(4) for number in range(300))
    assert spool.backlog() == 1200


def test_append__after_close_raises(spool: Spool) -> None:
    spool.append(b"kept\n")
    spool.close()
    with pytest.raises(ValueError, match="is closed"):
        spool.append(b"late\n")


def test_append__calls_each_sleeper_once(spool: Spool) -> None:
    woken: list[str] = []
    spool.sleepers.append(lambda: woken.append("writer"))
    spool.sleepers.append(lambda: woken.append("syncer"))
    spool.append(b"1\n")
    spool.append(b"2\n")
    assert sorted(woken) == ["syncer", "writer"]


def test_seal__without_events_returns_nothing(spool: Spool) -> None:
    assert spool.seal() == []
    assert len(segments(spool.folder)) == 1


def test_seal__returns_the_oldest_first(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lifecycle.record.spool.SEGMENT_SIZE", 0)
    for number in range(12):
        spool.append(b"%d\n" % number)
        spool.seal()
    assert [path.read_bytes() for path in spool.seal()] == [b"%d\n" % number for number in range(12)]


def test_seal__fills_the_open_segment_while_others_wait(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "one", 64 * SEGMENT_SIZE)
    for _ in range(50):
        spool.append(b"x\n")
        spool.seal()
    assert len(segments(spool.folder)) == 2
    spool.append(b"y" * SEGMENT_SIZE + b"\n")
    assert len(spool.seal()) == 2
    spool.close()


def test_seal__keeps_the_open_segment_if_the_next_cannot_be_created(spool: Spool) -> None:
    spool.append(b"before\n")
    blocker = spool.folder / "000000000002.log"
    blocker.mkdir()
    with pytest.raises(OSError, match="File exists"):
        spool.seal()
    spool.append(b"after\n")
    blocker.rmdir()
    [path] = spool.seal()
    assert path.read_bytes() == b"before\nafter\n"


def test_seal__closes_the_sealed_file(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lifecycle.record.spool.SEGMENT_SIZE", 0)
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        spool.append(b"1\n")
        spool.seal()
    assert len(os.listdir("/dev/fd")) == before


def test_discard__deletes_a_segment_and_reduces_backlog_and_size(spool: Spool) -> None:
    spool.append(b"1\n")
    [path] = spool.seal()
    spool.append(b"2\n")
    spool.discard(path)
    assert not path.exists()
    assert (spool.backlog(), spool.size) == (1, 2)


def test_limit__drops_events_until_there_is_space_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "one", 8)
    spool.append(b"12345\n")
    with pytest.raises(SpoolFull):
        spool.append(b"678\n")
    [path] = spool.seal()
    with pytest.raises(SpoolFull):
        spool.append(b"678\n")
    spool.discard(path)
    spool.append(b"678\n")
    assert spool.backlog() == 1
    spool.close()


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Limit the size of the files that this process writes, as if the disk were full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_disk_full__partly_written_line_is_removed(spool: Spool) -> None:
    spool.append(b"whole\n")
    with largest_file(10), pytest.raises(OSError, match="wrote 4 of 5 bytes"):
        spool.append(b"torn\n")
    spool.append(b"next\n")
    [path] = spool.seal()
    assert path.read_bytes() == b"whole\nnext\n"
    assert (spool.backlog(), spool.size) == (2, 11)


def test_disk_full__later_events_are_appended(spool: Spool) -> None:
    spool.append(b"whole\n")
    with largest_file(6), pytest.raises(OSError, match="File too large"):
        spool.append(b"lost\n")
    spool.append(b"next\n")
    assert spool.seal()[0].read_bytes() == b"whole\nnext\n"


KINDS = st.sampled_from(["open", "accept", "end"])
EVENTS = st.lists(st.fixed_dictionaries({"e": KINDS, "path": st.text(max_size=20)}), max_size=8)
# A slow disk may need longer than the default deadline.
without_deadline = settings(deadline=None)


@without_deadline
@given(EVENTS, st.integers(1, 5))
def test_spool__returns_every_event_in_order(events: list[dict[str, str]], every: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "one", LIMIT)
        decoded: list[dict[str, str] | None] = []
        for number, event in enumerate(events):
            spool.append(encode(event))
            for path in spool.seal() if number % every == 0 else ():
                decoded.extend(decode_all(path.read_bytes()))
                spool.discard(path)
        for path in spool.seal():
            decoded.extend(decode_all(path.read_bytes()))
            spool.discard(path)
        assert decoded == events
        assert (spool.backlog(), spool.size) == (0, 0)
        spool.close()


def test_close__without_events_deletes_the_folder(spool: Spool) -> None:
    spool.close()
    assert not spool.folder.exists()


def test_close__with_events_keeps_them(spool: Spool) -> None:
    spool.append(b"1\n")
    spool.close()
    assert [path.read_bytes() for path in segments(spool.folder)] == [b"1\n"]


def test_fsync__skips_segments_that_are_in_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(
        "lifecycle.record.spool.fdatasync", lambda descriptor: flushed.append(os.fstat(descriptor).st_ino)
    )
    spool = Spool(tmp_path / "one", LIMIT, synced=True)
    spool.append(b"1\n")
    [written] = spool.seal()
    files = [written.stat().st_ino, spool.path.stat().st_ino]
    spool.discard(written)
    spool.fsync()
    assert flushed == files[1:]
    spool.append(b"2\n")
    spool.seal()
    flushed.clear()
    spool.fsync()
    assert flushed == [files[1], spool.path.stat().st_ino]
    spool.close()


def test_fsync__closes_the_sealed_segments(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "one", LIMIT, synced=True)
    spool.append(b"1\n")
    spool.seal()
    [sealed] = spool.sealed.values()
    spool.fsync()
    assert spool.sealed == {}
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(sealed)
    spool.append(b"2\n")
    spool.close()


def test_folder__is_private_and_ignored_by_git(spool: Spool) -> None:
    assert spool.folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in segments(spool.folder))
    assert (spool.folder.parent / ".gitignore").read_text() == "*\n"


def test_spool__cannot_be_opened_twice(spool: Spool) -> None:
    with pytest.raises(BlockingIOError, match="another process holds the spool"):
        Spool(spool.folder, LIMIT)


def test_spool__that_could_not_be_started_can_be_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def disk_is_full(spool: Spool) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Spool, "begin_segment", disk_is_full)
        with pytest.raises(OSError, match="no space left"):
            Spool(tmp_path / "one", LIMIT)
    spool = Spool(tmp_path / "one", LIMIT)
    spool.append(b"1\n")
    assert spool.backlog() == 1
    spool.close()


@pytest.mark.parametrize("left", [b"", b"1\n"])
def test_spool__takes_over_the_segment_of_a_start_that_failed(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "000000000001.log").write_bytes(left)
    spool = Spool(tmp_path / "one", LIMIT)
    spool.append(b"2\n")
    assert (spool.backlog(), spool.size) == (1 + len(left) // 2, 2 + len(left))
    paths = spool.seal()
    assert b"".join(path.read_bytes() for path in paths) == left
    for path in paths:
        spool.discard(path)
    assert [path.read_bytes() for path in spool.seal()] == [b"2\n"]
    spool.close()
