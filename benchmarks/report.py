"""Formats the results of a benchmark as a table or as JSON, with the versions of Python and the packages."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

PACKAGES = ("django", "channels", "daphne", "uvicorn", "twisted", "autobahn")
HEADINGS = ("what", "base", "measured", "ratio", "of rounds", "aim", "")
#: The columns with text; all others have numbers.
WORDS = {0, 5}


@dataclass(frozen=True)
class Aim:
    """A limit for one figure of a line: ``ratio``, ``measured`` or ``difference``."""

    of: str
    bound: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Return whether a figure meets the limit."""
        return value >= self.bound if self.at_least else value <= self.bound

    def text(self) -> str:
        """Return the aim in words."""
        return f"{self.of} {'>=' if self.at_least else '<='} {self.bound:g}"


@dataclass(frozen=True)
class Line:
    """One result: the medians over all rounds, and the ratio of each round."""

    what: str
    unit: str
    base: float
    measured: float
    ratios: tuple[float, ...]
    aim: Aim | None = None

    @property
    def ratio(self) -> float:
        """Return the median of the rounds' ratios."""
        return statistics.median(self.ratios)

    @property
    def difference(self) -> float:
        """Return by how much the measured figure exceeds the base."""
        return self.measured - self.base

    @property
    def met(self) -> bool | None:
        """Return whether the aim is met; ``None`` if there is no aim."""
        return self.aim.met(getattr(self, self.aim.of)) if self.aim else None

    def cells(self) -> tuple[str, ...]:
        """Return the cells of the line for the table."""
        words = {None: "", True: "met", False: "MISSED"}
        aim = self.aim.text() if self.aim else ""
        if self.aim and self.aim.of == "difference":
            aim = f"{self.difference:+.3g} {self.unit}, {aim}"
        figures = [f"{value:,.{digits(value)}f} {self.unit}" for value in (self.base, self.measured)]
        spread = f"{min(self.ratios):.3f} to {max(self.ratios):.3f}" if len(self.ratios) > 1 else ""
        return (self.what, *figures, f"{self.ratio:.3f}", spread, aim, words[self.met])


def digits(value: float) -> int:
    """Return the number of decimal places for three significant digits."""
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2


def compared(
    what: str, unit: str, base: Sequence[float], measured: Sequence[float], aim: Aim | None = None
) -> Line:
    """Return the line for two sequences of figures, which have one figure per round each."""
    ratios = tuple(figure / reference for figure, reference in zip(measured, base, strict=True))
    return Line(what, unit, statistics.median(base), statistics.median(measured), ratios, aim)


def versions() -> dict[str, str]:
    """Return the versions and the hardware on which the figures depend."""
    found = {name: metadata.version(name) for name in PACKAGES if installed(name)}
    machine = f"{platform.system()} {platform.release()} {platform.machine()}"
    return {"python": platform.python_version(), **found, "cpus": str(os.cpu_count()), "system": machine}


def installed(name: str) -> bool:
    """Return whether a package is installed; no benchmark needs all of them."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def table(rows: Iterable[Sequence[str]]) -> str:
    """Return the headings and rows as aligned text: text columns to the left, numbers to the right."""
    rows = [HEADINGS, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) if index in WORDS else cell.rjust(width)
                  for index, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    )  # fmt: skip


def shown(lines: Iterable[Line]) -> str:
    """Return results and versions as text."""
    machine = "  ".join(f"{name} {version}" for name, version in versions().items())
    return f"{table(line.cells() for line in lines)}\n\n{machine}"


def as_json(lines: Iterable[Line], **settings: Any) -> str:  # noqa: ANN401 - numbers and texts
    """Return results, settings and versions as JSON."""
    found = [
        {**asdict(line), "ratio": line.ratio, "difference": line.difference, "met": line.met} for line in lines
    ]
    return json.dumps({"versions": versions(), "settings": settings, "lines": found}, indent=2)


def from_json(text: str) -> list[Line]:
    """Return the lines in the JSON output of a benchmark."""
    return [
        Line(line["what"], line["unit"], line["base"], line["measured"], tuple(line["ratios"]),
             Aim(**line["aim"]) if line["aim"] else None)
        for line in json.loads(text)["lines"]
    ]  # fmt: skip


def run(measure: Callable[..., list[Line]], doc: str | None, **defaults: float | str) -> None:
    """Run a benchmark from the command line: each default is an option, and ``--json`` selects the output."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=" ")
    options = vars(parser.parse_args())
    wants_json = options.pop("json")
    lines = measure(**options)
    print(as_json(lines, **options) if wants_json else shown(lines))
