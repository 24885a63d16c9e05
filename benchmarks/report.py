"""What a benchmark found, as lines of one table or as JSON, with the versions that it holds for."""

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
#: The columns that hold words.
WORDS = {0, 5}


@dataclass(frozen=True)
class Aim:
    """A bound on one of a line's figures: ``ratio``, ``measured`` or ``difference``."""

    of: str
    bound: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Tell whether a figure keeps to the bound."""
        return value >= self.bound if self.at_least else value <= self.bound

    def text(self) -> str:
        """Return the aim in words."""
        return f"{self.of} {'>=' if self.at_least else '<='} {self.bound:g}"


@dataclass(frozen=True)
class Line:
    """One finding: medians over the rounds, and the rounds' own ratios."""

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
        """Return what comes on top of the base."""
        return self.measured - self.base

    @property
    def met(self) -> bool | None:
        """Tell whether the aim is met; ``None`` where there is none."""
        return self.aim.met(getattr(self, self.aim.of)) if self.aim else None

    def cells(self) -> tuple[str, ...]:
        """Return the line as the table shows it."""
        words = {None: "", True: "met", False: "MISSED"}
        aim = self.aim.text() if self.aim else ""
        if self.aim and self.aim.of == "difference":
            aim = f"{self.difference:+.3g} {self.unit}, {aim}"
        figures = [f"{value:,.{digits(value)}f} {self.unit}" for value in (self.base, self.measured)]
        spread = f"{min(self.ratios):.3f} to {max(self.ratios):.3f}" if len(self.ratios) > 1 else ""
        return (self.what, *figures, f"{self.ratio:.3f}", spread, aim, words[self.met])


def digits(value: float) -> int:
    """Return how many decimals show three figures of a number."""
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2


def compared(
    what: str, unit: str, base: Sequence[float], measured: Sequence[float], aim: Aim | None = None
) -> Line:
    """Return the line of figures that were taken round by round, side by side."""
    ratios = tuple(one / other for one, other in zip(measured, base, strict=True))
    return Line(what, unit, statistics.median(base), statistics.median(measured), ratios, aim)


def versions() -> dict[str, str]:
    """Return what the figures depend on beside the code."""
    found = {name: metadata.version(name) for name in PACKAGES if installed(name)}
    machine = f"{platform.system()} {platform.release()} {platform.machine()}"
    return {"python": platform.python_version(), **found, "cpus": str(os.cpu_count()), "system": machine}


def installed(name: str) -> bool:
    """Tell whether a package is there; not every benchmark needs each."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def table(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as aligned text under the headings; the first column is words, the others are figures."""
    rows = [HEADINGS, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) if index in WORDS else cell.rjust(width)
                  for index, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    )  # fmt: skip


def shown(lines: Iterable[Line]) -> str:
    """Return findings and versions as text."""
    told = "  ".join(f"{name} {version}" for name, version in versions().items())
    return f"{table(line.cells() for line in lines)}\n\n{told}"


def as_json(lines: Iterable[Line], **settings: Any) -> str:  # noqa: ANN401 - numbers and words
    """Return findings, settings and versions as JSON."""
    found = [
        {**asdict(line), "ratio": line.ratio, "difference": line.difference, "met": line.met} for line in lines
    ]
    return json.dumps({"versions": versions(), "settings": settings, "lines": found}, indent=2)


def from_json(text: str) -> list[Line]:
    """Return the findings of another benchmark's ``--json``."""
    return [
        Line(one["what"], one["unit"], one["base"], one["measured"], tuple(one["ratios"]),
             Aim(**one["aim"]) if one["aim"] else None)
        for one in json.loads(text)["lines"]
    ]  # fmt: skip


def run(measure: Callable[..., list[Line]], doc: str | None, **defaults: float) -> None:
    """Be the command of a benchmark: its sizes are options, ``--json`` says how to print."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=" ")
    options = vars(parser.parse_args())
    wants_json = options.pop("json")
    lines = measure(**options)
    print(as_json(lines, **options) if wants_json else shown(lines))
