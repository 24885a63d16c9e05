"""The arrows between modules run one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lifecycle", "dashboard", "monitor_project")
#: Importing package -> packages that it never imports.
NEVER = {"lifecycle": {"dashboard", "monitor_project", "tests"}, "dashboard": {"monitor_project", "tests"}}
#: Module of lifecycle -> the modules of lifecycle that it may import. Whoever adds an arrow adds it here.
MAY = {
    "close_codes": set(),
    "facts": set(),
    "causes": {"close_codes", "facts"},
    "histograms": set(),
    "endpoint_tally": {"causes", "histograms"},
    "periods": {"causes", "endpoint_tally"},
    "tally": {"causes", "endpoint_tally", "periods"},
    "locks": set(),
    "spool": {"locks"},
    "setting_rules": set(),
    "conf": {"setting_rules"},
    "text": set(),
    "addresses": {"conf", "setting_rules"},
    "handshake": {"addresses", "facts", "text"},
    "events": {"causes", "facts", "text"},
    "read_ahead": set(),
    "servers": {"facts"},
    "instrument": {"facts"},
    "recorder": {"causes", "conf", "events", "facts", "read_ahead", "spool", "tally"},
    "startup": {"process"},
    "capture": {
        "causes",
        "close_codes",
        "facts",
        "handshake",
        "instrument",
        "process",
        "read_ahead",
        "recorder",
        "servers",
        "startup",
    },
    "models": {"causes"},
    "upsert": set(),
    "store": {"database", "events", "models", "upsert"},
    "writer": {"conf", "recorder", "spool", "store"},
    "sync": {"spool"},
    "database": {"conf"},
    "leases": {"models"},
    "heartbeat": {"causes", "database", "models"},
    "housekeeping": {"causes", "close_codes", "conf", "database", "leases", "models", "spool", "store"},
    "readings": {"causes", "conf", "endpoint_tally", "histograms", "process"},
    "metrics": {"conf", "endpoint_tally", "histograms", "process", "readings"},
}
#: Pure modules: they compute, and neither ask the clock nor touch the world.
PURE = (
    "lifecycle.close_codes",
    "lifecycle.causes",
    "lifecycle.facts",
    "lifecycle.histograms",
    "lifecycle.endpoint_tally",
    "lifecycle.periods",
    "lifecycle.tally",
    "dashboard.live",
)
HARMLESS = {"__future__", "bisect", "collections", "collections.abc", "dataclasses", "enum", "threading", "typing"}
#: A connection's id is made of the clock and of randomness.
HARMLESS_FOR = {"lifecycle.facts": HARMLESS | {"random", "time"}}
TOUCHING = {"open", "print", "input", "exec", "eval", "__import__"}


def modules() -> dict[str, str]:
    """Return the source of each module by its dotted name, migrations left out."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file.read_text()
        for file in files
        if "migrations" not in file.parts
    }


SOURCES = modules()


def at_runtime(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a tree's nodes but those that only a type checker sees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_runtime(child)


def imports(source: str) -> set[str]:
    """Return what a module imports; ``from a import b`` gives ``a`` and ``a.b``, as ``b`` may be a module."""
    found: set[str] = set()
    for node in at_runtime(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports here are absolute"
            found |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def reverse_arrows(sources: dict[str, str]) -> list[str]:
    """Return the arrows that must not be, as ``module -> what it imports``."""
    return [
        f"{module} -> {name}"
        for module, source in sorted(sources.items())
        for name in sorted(imports(source))
        if name.split(".")[0] in NEVER.get(module.split(".")[0], set()) or is_undeclared(module, name)
    ]


def is_undeclared(module: str, name: str) -> bool:
    """Tell whether an import inside lifecycle is one that ``MAY`` does not grant."""
    package, _, own = module.partition(".")
    other = name.removeprefix("lifecycle.").split(".")[0]
    inside = package == "lifecycle" and name in SOURCES and name.startswith("lifecycle.")
    return inside and own in MAY and other not in MAY[own]


def impurities(module: str, source: str) -> set[str]:
    """Return what makes a module impure: imports beyond the harmless ones, and calls that touch the world."""
    own = {name for name in imports(source) if name.split(".")[0] in PACKAGES}
    harmless = HARMLESS_FOR.get(module, HARMLESS)
    outside = {name for name in imports(source) - own if not {name, name.rpartition(".")[0]} & harmless}
    impure_own = {name for name in own & SOURCES.keys() if name not in (*PURE, "lifecycle", "dashboard")}
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return outside | impure_own | (calls & TOUCHING)


def test_arrows__none_is_reverse() -> None:
    assert reverse_arrows(SOURCES) == []


def test_arrows__form_no_circle() -> None:
    graph = {module: imports(source) & SOURCES.keys() - {module} for module, source in SOURCES.items()}
    assert len(list(TopologicalSorter(graph).static_order())) == len(SOURCES)


@pytest.mark.parametrize("module", PURE)
def test_pure_modules__import_no_framework_and_do_no_io(module: str) -> None:
    assert impurities(module, SOURCES[module]) == set()


@pytest.mark.parametrize("module", [f"lifecycle.{name}" for name in MAY])
def test_table__speaks_of_modules_that_exist(module: str) -> None:
    assert module in SOURCES


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("lifecycle.capture", "from dashboard import hub"),
        ("lifecycle.capture", "from dashboard.hub import current"),
        ("lifecycle.views", "import monitor_project.settings"),
        ("lifecycle.views", "def late():\n    from dashboard import hub"),
        ("dashboard.live", "from monitor_project import settings"),
        ("lifecycle.tally", "from lifecycle.recorder import Recorder"),
        ("lifecycle.tally", "from lifecycle import recorder"),
        ("lifecycle.spool", "from lifecycle import models"),
        ("lifecycle.recorder", "from lifecycle.capture import WatchedSocket"),
        ("lifecycle.recorder", "from lifecycle.models import Connection"),
        ("lifecycle.capture", "from lifecycle.spool import Spool"),
        ("lifecycle.metrics", "import lifecycle.spool"),
        ("lifecycle.writer", "from lifecycle.models import Connection"),
    ],
)
def test_arrows__made_up_reverse_one_is_found(module: str, line: str) -> None:
    assert reverse_arrows({module: line})


def test_arrows__for_the_type_checker_alone_are_none() -> None:
    line = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from lifecycle.models import Connection\n"
    assert reverse_arrows({"lifecycle.tally": line}) == []


def test_arrows__made_up_circle_is_found() -> None:
    sources = {**SOURCES, "lifecycle.facts": "from lifecycle import capture"}
    graph = {module: imports(source) & sources.keys() - {module} for module, source in sources.items()}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import django", "django"),
        ("from channels.db import database_sync_to_async", "channels.db"),
        ("from pathlib import Path", "pathlib"),
        ("import time", "time"),
        ("from lifecycle import conf", "lifecycle.conf"),
        ("text = open('file').read()", "open"),
    ],
)
def test_pure_modules__made_up_impurity_is_found(line: str, found: str) -> None:
    assert found in impurities("lifecycle.tally", line)
