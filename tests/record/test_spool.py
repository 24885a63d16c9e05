"""The spool: no whole event is lost, no torn event is read, and only spools of dead processes are adopted."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.record.events import CHECKSUM_SIZE, decode_all, encode
from lifecycle.record.spool import LOCK_NAME, SEGMENT_SIZE, Spool, SpoolFull, orphans, segments

LIMIT = 1024 * 1024
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Return an open spool."""
    made = Spool(tmp_path / "spool" / "one", LIMIT)
    yield made
    if made.descriptor is not None:
        made.close()


def settle(folder: Path) -> None:
    """Set the time of a lock file to an hour ago."""
    past = time.time() - 3600
    os.utime(folder / LOCK_NAME, (past, past))


def test_append__lines_are_in_the_segment_in_order(spool: Spool) -> None:
    for number in range(100):
        spool.append(encode({"e": "open", "n": number}))
    [path] = spool.seal()
    assert [event and event["n"] for event in decode_all(path.read_bytes())] == list(range(100))
    assert spool.backlog() == 100


def test_append__from_many_threads_loses_and_mixes_nothing(spool: Spool) -> None:
    half_done = threading.Barrier(5, timeout=10)

    def work(thread: int) -> None:
        for number in range(300):
            if number == 150:
                half_done.wait()
            spool.append(encode({"e": "open", "n": thread * 1000 + number}))

    with ThreadPoolExecutor(5) as pool:
        work_done = [pool.submit(work, thread) for thread in range(4)]
        half_done.wait()
        assert spool.seal()
        while not all(one.done() for one in work_done):
            spool.seal()
    spool.seal()
    data = b"".join(path.read_bytes() for path in segments(spool.folder))
    numbers = sorted(event["n"] for event in decode_all(data) if event)
    assert numbers == sorted(thread * 1000 + number for thread in range(4) for number in range(300))
    assert spool.backlog() == 1200


def test_append__after_close_is_an_error_and_writes_to_no_strangers_file(spool: Spool) -> None:
    spool.append(b"kept\n")
    spool.close()
    with pytest.raises(ValueError, match="is closed"):
        spool.append(b"late\n")


def test_append__runs_each_waiting_callback_once(spool: Spool) -> None:
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


def test_seal__fills_the_segment_in_use_while_others_wait(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "one", 64 * SEGMENT_SIZE)
    for _ in range(50):
        spool.append(b"x\n")
        spool.seal()
    assert len(segments(spool.folder)) == 2
    spool.append(b"y" * SEGMENT_SIZE + b"\n")
    assert len(spool.seal()) == 2
    spool.close()


def test_seal__that_cannot_open_the_next_segment_keeps_the_one_in_use(spool: Spool) -> None:
    spool.append(b"before\n")
    blocker = spool.folder / "000000000002.log"
    blocker.mkdir()
    with pytest.raises(OSError, match="File exists"):
        spool.seal()
    spool.append(b"after\n")
    blocker.rmdir()
    [path] = spool.seal()
    assert path.read_bytes() == b"before\nafter\n"


def test_seal__holds_no_more_files_open_than_before(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lifecycle.record.spool.SEGMENT_SIZE", 0)
    before = len(os.listdir("/dev/fd"))
    for _ in range(20):
        spool.append(b"1\n")
        spool.seal()
    assert len(os.listdir("/dev/fd")) == before


def test_discard__deletes_a_segment_and_its_share_of_backlog_and_size(spool: Spool) -> None:
    spool.append(b"1\n")
    [path] = spool.seal()
    spool.append(b"2\n")
    spool.discard(path)
    assert not path.exists()
    assert (spool.backlog(), spool.size) == (1, 2)


def test_limit__drops_events_beyond_it_and_accepts_them_again_below_it(tmp_path: Path) -> None:
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
    """Limit the size of this process's files, so that writes fail as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_disk_full__part_of_a_line_is_cut_off_again(spool: Spool) -> None:
    spool.append(b"whole\n")
    with largest_file(10), pytest.raises(OSError, match="wrote 4 of 5 bytes"):
        spool.append(b"torn\n")
    spool.append(b"next\n")
    [path] = spool.seal()
    assert path.read_bytes() == b"whole\nnext\n"
    assert (spool.backlog(), spool.size) == (2, 11)


def test_disk_full__not_a_byte_more_is_written(spool: Spool) -> None:
    spool.append(b"whole\n")
    with largest_file(6), pytest.raises(OSError, match="File too large"):
        spool.append(b"lost\n")
    spool.append(b"next\n")
    assert spool.seal()[0].read_bytes() == b"whole\nnext\n"


KINDS = st.sampled_from(["open", "accept", "end"])
EVENTS = st.lists(st.fixed_dictionaries({"e": KINDS, "path": st.text(max_size=20)}), max_size=8)
# A disk takes as long as it takes.
unhurried = settings(deadline=None)


@unhurried
@given(EVENTS, st.data())
def test_cut__at_any_byte_loses_at_most_the_torn_record(events: list[dict[str, str]], data: st.DataObject) -> None:
    whole = b"".join(encode(event) for event in events)
    cut = data.draw(st.integers(0, len(whole)))
    kept = [event for event in decode_all(whole[:cut]) if event is not None]
    ends = [len(b"".join(encode(event) for event in events[: number + 1])) for number in range(len(events))]
    # A line is whole even without its line feed.
    assert kept == [event for event, end in zip(events, ends, strict=True) if end - 1 <= cut]


@unhurried
@given(EVENTS.filter(bool), st.data())
def test_flipped_bit__never_makes_another_event(events: list[dict[str, str]], data: st.DataObject) -> None:
    whole = bytearray(b"".join(encode(event) for event in events))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    kept = [event for event in decode_all(bytes(whole)) if event is not None]
    assert len(kept) <= len(events)
    assert all(event in events for event in kept)


@unhurried
@given(EVENTS)
def test_encode__is_one_line_of_utf_8(events: list[dict[str, str]]) -> None:
    for event in events:
        line = encode(event)
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        assert json.loads(line.decode()[CHECKSUM_SIZE:]) == event


@unhurried
@given(EVENTS, st.integers(1, 5))
def test_spool__gives_back_what_was_put_in(events: list[dict[str, str]], every: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "one", LIMIT)
        got: list[dict[str, str] | None] = []
        for number, event in enumerate(events):
            spool.append(encode(event))
            for path in spool.seal() if number % every == 0 else ():
                got.extend(decode_all(path.read_bytes()))
                spool.discard(path)
        for path in spool.seal():
            got.extend(decode_all(path.read_bytes()))
            spool.discard(path)
        assert got == events
        assert (spool.backlog(), spool.size) == (0, 0)
        spool.close()


def test_close__without_events_leaves_nothing(spool: Spool) -> None:
    spool.close()
    assert not spool.folder.exists()


def test_close__with_events_leaves_them_to_the_next(spool: Spool) -> None:
    spool.append(b"1\n")
    spool.close()
    settle(spool.folder)
    [(folder, lock)] = orphans(spool.folder.parent, spool.folder.parent / "another")
    assert b"".join(path.read_bytes() for path in segments(folder)) == b"1\n"
    lock.release()


def test_sync__keeps_what_waits_and_not_what_the_database_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[int] = []
    monkeypatch.setattr(
        "lifecycle.record.spool.datasync", lambda descriptor: kept.append(os.fstat(descriptor).st_ino)
    )
    spool = Spool(tmp_path / "one", LIMIT, synced=True)
    spool.append(b"1\n")
    [written] = spool.seal()
    files = [written.stat().st_ino, spool.path.stat().st_ino]
    spool.discard(written)
    spool.sync()
    assert kept == files[1:]
    spool.append(b"2\n")
    spool.seal()
    kept.clear()
    spool.sync()
    assert kept == [files[1], spool.path.stat().st_ino]
    spool.close()


def test_sync__closes_the_sealed_segments(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "one", LIMIT, synced=True)
    spool.append(b"1\n")
    spool.seal()
    [sealed] = spool.sealed.values()
    spool.sync()
    assert spool.sealed == {}
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(sealed)
    spool.append(b"2\n")
    spool.close()


def test_folder__is_for_its_owner_and_out_of_the_repository(spool: Spool) -> None:
    assert spool.folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in segments(spool.folder))
    assert (spool.folder.parent / ".gitignore").read_text() == "*\n"


def test_open__twice_is_refused(spool: Spool) -> None:
    with pytest.raises(BlockingIOError, match="another process holds the spool"):
        Spool(spool.folder, LIMIT)


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a process that opens a spool, writes one event, and keeps the lock until it is stopped or killed."""
    program = (
        "import sys; from pathlib import Path; from lifecycle.record.spool import Spool\n"
        f"spool = Spool(Path({str(folder)!r}), 1024); spool.append(b'theirs\\n')\n"
        "print('holding', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout
        assert child.stdout.readline() == "holding\n"
        try:
            yield child
        finally:
            child.kill()


def test_orphans__are_only_those_whose_process_is_dead(spool: Spool) -> None:
    root, theirs = spool.folder.parent, spool.folder.parent / "theirs"
    settle(spool.folder)
    with holder(theirs) as child:
        settle(theirs)
        assert list(orphans(root, spool.folder)) == []
        child.kill()
        child.wait()
        [(folder, lock)] = orphans(root, spool.folder)
    assert folder == theirs
    assert segments(folder)[0].read_bytes() == b"theirs\n"
    lock.release()


def test_orphans__being_adopted_is_not_yielded_twice(spool: Spool) -> None:
    spool.append(b"1\n")
    spool.close()
    settle(spool.folder)
    root = spool.folder.parent
    first = orphans(root, root / "me")
    _, lock = next(first)
    assert list(orphans(root, root / "me too")) == []
    lock.release()
    assert [folder for folder, _ in orphans(root, root / "me too")] == [spool.folder]


def test_orphans__being_opened_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "young").mkdir()
    assert list(orphans(tmp_path, tmp_path / "me")) == []
    (tmp_path / "young" / LOCK_NAME).touch()
    assert list(orphans(tmp_path, tmp_path / "me")) == []


def test_orphans__without_a_folder_are_none(tmp_path: Path) -> None:
    assert list(orphans(tmp_path / "nowhere", tmp_path / "me")) == []


def test_orphans__stray_files_are_passed_over(spool: Spool) -> None:
    (spool.folder.parent / "a file").write_text("")
    assert list(orphans(spool.folder.parent, spool.folder)) == []
