"""Follows the README as a reader does: types its commands, and edits files as its blocks say."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from tests.markdown import FENCE, section
from tests.ports import ReservedPort, listens, wait_until_up
from tests.project.installed import ENVIRONMENT, ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
#: The name of the file that the following lines of a block belong to.
FILE = re.compile(r"^# (\S+/\S+\.py)(, at the end)?\n", re.MULTILINE)
PLACEHOLDER = "path/to/the/clone"
ACTIVATE = "if [ -f .venv/bin/activate ]; then . .venv/bin/activate; fi; "
SECONDS_FOR_RUNSERVER = 30


class Reader:
    """Follows one section of the README in a folder.

    Only two things are typed differently: the wheel stands for the clone, and ``runserver`` gets a free port.
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder, self.wheel = folder, wheel
        self.environment = {
            **ENVIRONMENT,
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PIP_CONSTRAINT": str(ROOT / "requirements" / "run.txt"),
        }

    def follow(self, heading: str, answers: Iterable[tuple[str, str]] = ()) -> None:
        """Follow the blocks below a heading in their order; the last ``runserver`` is left to ``served``."""
        for language, body in FENCE.findall(section(README, heading)):
            if language == "console":
                self.type_all(body, answers)
            elif language == "python":
                append(self.folder, body)
            else:
                assert language == "diff"
                patch(self.folder, body)

    def type_all(self, body: str, answers: Iterable[tuple[str, str]]) -> None:
        """Run the commands of a block."""
        for line in body.splitlines():
            command = line.removeprefix("$ ").partition("  #")[0]
            assert line.startswith("$ ")
            if command.endswith("createsuperuser"):
                self.answer(command, answers)
            elif not command.endswith("runserver"):
                self.type(command)

    def type(self, command: str) -> str:
        """Run one command in the virtual environment, if there is one yet; return what it prints."""
        done = subprocess.run(
            self.shell(command), cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def shell(self, command: str) -> list[str]:
        """Return the arguments that start a command."""
        return ["bash", "-c", ACTIVATE + command.replace(PLACEHOLDER, str(self.wheel))]

    def answer(self, command: str, answers: Iterable[tuple[str, str]]) -> None:
        """Run a command in a terminal, and type each answer when its question appears."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder)
            os.execvpe("bash", self.shell(command), self.environment)  # noqa: S606 - it is a shell
        said, waiting = "", list(answers)
        # Reading from a terminal whose program has ended raises OSError.
        with suppress(OSError):
            while True:
                said += os.read(terminal, 1024).decode()
                if waiting and waiting[0][0] in said:
                    said, reply = "", waiting.pop(0)[1]
                    os.write(terminal, f"{reply}\n".encode())
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        assert (os.waitstatus_to_exitcode(status), waiting) == (0, []), said

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve the project with ``runserver``; yield the host and port."""
        with closing(ReservedPort()) as reserved:
            command = f"exec python manage.py runserver --noreload {reserved.number}"
            server = subprocess.Popen(
                self.shell(command), cwd=self.folder, env=self.environment, stderr=subprocess.DEVNULL
            )
            try:
                wait_until_up(server, lambda: listens(reserved.number))
                yield f"127.0.0.1:{reserved.number}"
            finally:
                server.terminate()
                server.wait(SECONDS_FOR_RUNSERVER)


def parts(body: str) -> list[tuple[str, bool, str]]:
    """Return the files of a block: the name, whether the lines go to the end of the file, and the lines."""
    leading, *found = FILE.split(body)
    assert leading == "", f"the block does not begin with the name of a file:\n{body}"
    return [(name, bool(end), text) for name, end, text in zip(found[::3], found[1::3], found[2::3], strict=True)]


def append(folder: Path, body: str) -> None:
    """Append the lines of a block to their files."""
    for name, to_the_end, lines in parts(body):
        assert to_the_end, f"the block does not say where in {name} the lines go"
        with (folder / name).open("a") as file:
            file.write(lines)


def patch(folder: Path, body: str) -> None:
    """Replace the lines with `-` by those with `+` in the files of a block; `@@` stands between two places."""
    for name, _, lines in parts(body):
        path = folder / name
        for hunk in lines.split("@@\n"):
            path.write_text(replaced(path.read_text(), hunk))


def replaced(text: str, hunk: str) -> str:
    """Return a text in which the one place that a hunk describes is changed."""
    lines = hunk.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, f"not exactly once in the file:\n{before}"
    return text.replace(before, after)
