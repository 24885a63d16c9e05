"""The table of servers by ending in docs/servers.md. Write it anew with: python -m tests.servers.table --write"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.integration.servers import ROOT, copy_of, migrated
from tests.markdown import rows
from tests.servers.endings import STOP, TRUTH, Observation, observe_all
from tests.servers.fleet import FLEET, FleetServer

PAGE = ROOT / "docs" / "servers.md"
BEGIN, END = "<!-- table of servers: begin -->\n", "<!-- table of servers: end -->\n"

#: Software -> ending -> what was observed.
Observations = dict[str, dict[str, Observation | str]]


async def observe(software: str, data: Path) -> dict[str, Observation | str]:
    """Start a server on a migrated data folder, and return what was observed."""
    with FleetServer(software, data) as server:
        return await observe_all(server)


def cell(software: str, ending: str, seen: Observation | str) -> str:
    """Return one cell of the table; a race has two outcomes."""
    race = ending == STOP and FLEET[software].stop_is_a_race
    return f"`{TRUTH[STOP]}` or `unknown`" if race else str(seen)


def table(observations: Observations) -> str:
    """Return the table in Markdown: a row for each ending, a column for each server."""
    head = ["ending", *observations]
    body = [[name, *(cell(one, name, seen[name]) for one, seen in observations.items())] for name in TRUTH]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ["---"] * len(head), *body))


def published(software: str) -> dict[str, str]:
    """Return the cells of one server in the page, by ending."""
    column = 1 + list(FLEET).index(software)
    return {row[0]: row[column] for row in rows(PAGE.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0])}


def publish(text: str) -> None:
    """Replace the table in the page."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


def main(arguments: list[str]) -> None:
    """Observe all servers and print the table; with ``--write``, also put it into the page."""
    with TemporaryDirectory() as folder:
        blank = migrated(Path(folder) / "blank")
        observations = {
            software: asyncio.run(observe(software, copy_of(blank, Path(folder) / str(number))))
            for number, software in enumerate(FLEET)
        }
    text = table(observations)
    print(text)
    if "--write" in arguments:
        publish(text)


if __name__ == "__main__":
    main(sys.argv[1:])
