"""The note in a spool about its process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lifecycle.record import owners
from lifecycle.record.owners import FORMAT, Owner
from lifecycle.record.spool import Spool

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whether a process is surely dead")


def test_note__is_written_with_the_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "one", 1024)
    owner = owners.read(spool.folder)
    assert (owner, owner.format, owner.pid, owner.stopped_at) == (owners.here(), FORMAT, os.getpid(), None)
    spool.close()


def test_read__without_a_note_is_the_format_of_release_0_1(tmp_path: Path) -> None:
    assert owners.read(tmp_path) == Owner(format=1)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"format": "2", "pid": null}', "\x00\x00", "[" * 100_000]
)
def test_read__damaged_note_is_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / owners.NAME).write_text(text)
    assert owners.read(tmp_path) == Owner()


@pytest.mark.parametrize("at", ["1e18", "1e400", "NaN", "Infinity", "-1e18", "-1", "9" * 400])
def test_read__impossible_time_of_a_stop_is_ignored(tmp_path: Path, at: str) -> None:
    (tmp_path / owners.NAME).write_text(f'{{"format": 2, "host": "web-1", "stopped_at": {at}}}')
    assert owners.read(tmp_path) == Owner(format=2, host="web-1")


def test_read__unknown_fields_of_a_later_release_are_ignored(tmp_path: Path) -> None:
    (tmp_path / owners.NAME).write_text('{"format": 9, "colour": "blue"}')
    assert owners.read(tmp_path) == Owner(format=9)


@on_linux
def test_is_surely_dead__only_if_the_process_has_ended_or_its_pid_is_used_again() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        owner = owners.here()._replace(pid=child.pid, born=owners.birth(child.pid))
        assert not owner.is_surely_dead()
        assert owner._replace(born=owner.born - 1).is_surely_dead()
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert owner.is_surely_dead(), "nobody has waited for the process, but it has ended"
    assert owner.is_surely_dead()


@on_linux
@pytest.mark.parametrize("unknown", [{"boot": "another"}, {"namespace": "pid:[1]"}, {"born": 0}, {"boot": ""}])
def test_is_surely_dead__is_not_known_of_processes_elsewhere(unknown: dict[str, object]) -> None:
    assert not owners.here()._replace(**{"pid": 2**22 + 1, **unknown}).is_surely_dead()  # type: ignore[arg-type]


def test_is_of_this_host__by_name_or_by_boot() -> None:
    own = owners.here()
    assert own._replace(boot="another").is_of_this_host()
    assert own._replace(host="another").is_of_this_host() == bool(own.boot)
    assert not own._replace(host="another", boot="another").is_of_this_host()
