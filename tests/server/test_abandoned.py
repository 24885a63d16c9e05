"""On volumes where locks do not work, the spool of a process that may be running is not adopted."""

from __future__ import annotations

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from lifecycle.models import Connection, ServerProcess
from lifecycle.record import owners, store
from lifecycle.record.folders import LOCK_NAME
from lifecycle.record.lines import encode
from lifecycle.record.spool import Spool
from lifecycle.server.abandoned import OtherHost
from lifecycle.server.adoption import Adopter
from lifecycle.verdict.facts import new_id
from tests.factories import life, process_row

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def locks_of_other_hosts_are_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each attempt to lock a file succeed, as on a network volume that does not pass locks on."""
    monkeypatch.setattr("lifecycle.record.folders.lock_file", lambda descriptor: None)


def spool_of(root: Path, process_id: object) -> Spool:
    """Create the spool of a process that has accepted a connection, which is already in the database."""
    opened, accepted, _ = life(process_id=process_id)
    store.save([opened, accepted])
    spool = Spool(root / str(process_id), 1024 * 1024)
    spool.append(encode(accepted))
    os.utime(spool.folder / LOCK_NAME, (1, 1))
    return spool


def move_to(host: str, folder: Path) -> None:
    """Change the note in a spool as if its process ran on another host."""
    owners.write(folder, owners.here()._replace(host=host, boot="another boot"))


def test_adopt__fresh_heartbeat_prevents_it_although_the_lock_is_free(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, process_row().id)
    adopter = Adopter()
    assert adopter.adopt_orphans(tmp_path) == 0
    assert (Connection.objects.get().state, spool.path.exists(), adopter.stuck) == ("open", True, {})


def test_adopt__silent_process_of_another_host_is_kept_and_reported(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, process_row(silent_seconds=3600).id)
    move_to("web-2", spool.folder)
    adopter = Adopter()
    assert adopter.adopt_orphans(tmp_path) == 0
    assert (Connection.objects.get().state, spool.path.exists()) == ("open", True)
    [(name, error)] = adopter.stuck.items()
    assert (name, type(error)) == (spool.folder.name, OtherHost)
    assert "web-2" in str(error)


def test_adopt__other_host_without_a_row_is_kept(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, UUID(new_id()))
    move_to("web-2", spool.folder)
    assert Adopter().adopt_orphans(tmp_path) == 0
    assert spool.path.exists()


def test_adopt__spool_without_a_note_belongs_to_the_host_in_its_row(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, process_row(silent_seconds=3600, host="web-2").id)
    (spool.folder / owners.NAME).unlink()
    assert Adopter().adopt_orphans(tmp_path) == 0
    ServerProcess.objects.update(host=owners.here().host)
    assert Adopter().adopt_orphans(tmp_path) == 1


def test_adopt__container_with_a_new_host_name_on_the_same_machine_adopts(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, process_row(silent_seconds=3600).id)
    owners.write(spool.folder, owners.here()._replace(host="0f3c1a"))
    assert Adopter().adopt_orphans(tmp_path) == 1


def test_adopt__process_of_another_host_that_signed_off_is_adopted(tmp_path: Path) -> None:
    spool = spool_of(tmp_path, process_row(ended_at=timezone.now(), end=ServerProcess.End.STOPPED).id)
    move_to("web-2", spool.folder)
    assert Adopter().adopt_orphans(tmp_path) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whether a process is surely dead")
def test_adopt__killed_process_of_this_host_is_adopted_before_its_lease_expires(tmp_path: Path) -> None:
    row = process_row()
    accepted = life(process_id=row.id).accepted
    program = (
        "import sys; from pathlib import Path; from lifecycle.record.spool import Spool\n"
        f"spool = Spool(Path({str(tmp_path / str(row.id))!r}), 4096); spool.append({encode(accepted)!r})\n"
        "print('holding', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdin=pipe, stdout=pipe) as child:
        assert child.stdout
        child.stdout.readline()
        os.utime(tmp_path / str(row.id) / LOCK_NAME, (1, 1))
        assert Adopter().adopt_orphans(tmp_path) == 0
        child.kill()
    assert Adopter().adopt_orphans(tmp_path) == 1
    assert Connection.objects.get().cause == "process_lost"


def test_command__adopts_the_spools_of_other_hosts_on_request(tmp_path: Path, settings: Settings) -> None:
    settings.LIFECYCLE = {"SPOOL_DIR": tmp_path}
    spool = spool_of(tmp_path, process_row(silent_seconds=3600).id)
    move_to("web-2", spool.folder)
    with pytest.raises(CommandError, match="OtherHost"):
        call_command("lifecycle_housekeeping", stdout=StringIO())
    said = StringIO()
    call_command("lifecycle_housekeeping", "--other-hosts", stdout=said)
    assert said.getvalue().startswith("1 spools adopted")
