"""Each room imports only the rooms that the table in ``tests.rooms`` allows, and there are no import cycles."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.rooms import ROOMS

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lifecycle", "dashboard")
#: Packages that the apps must not import.
NEVER = ("monitor_project", "tests", "benchmarks")
MODULES_IN_A_ROOM = 15
#: Functions that import when they are called: Django loads the models first, and an import installs a reactor.
LATE = {
    ("lifecycle.apps", "ready"),
    ("dashboard.apps", "ready"),
    ("lifecycle.startup", "watch_reactor"),
}
#: Pure modules: they only compute, without I/O and without reading the clock.
PURE = (
    "lifecycle.verdict.close_codes",
    "lifecycle.verdict.code_texts",
    "lifecycle.verdict.causes",
    "lifecycle.verdict.classify",
    "lifecycle.verdict.facts",
    "lifecycle.verdict.implementations",
    "lifecycle.counts.histograms",
    "lifecycle.counts.endpoint_tally",
    "lifecycle.counts.labels",
    "lifecycle.counts.recent",
    "lifecycle.counts.tally",
    "lifecycle.history.edges",
    "lifecycle.history.measures",
    "lifecycle.history.periods",
    "lifecycle.history.windows",
    "dashboard.contract",
    "dashboard.live.encoding",
    "dashboard.live.merge",
    "dashboard.live.picture",
)
HARMLESS = {
    "__future__",
    "bisect",
    "collections",
    "collections.abc",
    "dataclasses",
    "enum",
    "operator",
    "threading",
    "typing",
}
#: Exceptions: a connection's ID contains the time and random bits, orjson encodes messages, and chart windows need
#: dates.
HARMLESS_FOR = {
    "lifecycle.verdict.facts": HARMLESS | {"random", "time"},
    "lifecycle.history.windows": HARMLESS | {"datetime"},
    "dashboard.live.encoding": HARMLESS | {"orjson"},
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}


def modules() -> dict[str, str]:
    """Return the source of each module by its dotted name, without migrations."""
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file.read_text()
        for file in files
        if "migrations" not in file.parts
    }


SOURCES = modules()
FOLDERS = {name for name in SOURCES if (ROOT / name.replace(".", "/")).is_dir()}


def imports(module: str, source: str) -> set[str]:
    """Return the absolute names that a module imports, including imports inside functions.

    ``from a import b`` gives ``a.b`` if that is a module, else ``a``. Imports for the type checker count too.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(module, node)
            names = {f"{origin}.{alias.name}" for alias in node.names}
            found |= (names & SOURCES.keys()) | ({origin} if names - SOURCES.keys() else set())
    return found


def absolute(module: str, node: ast.ImportFrom) -> str:
    """Return the absolute name of the module that a ``from`` import names."""
    if not node.level:
        return str(node.module)
    folder = module if module in FOLDERS else module.rpartition(".")[0]
    parts = folder.split(".")[: len(folder.split(".")) - (node.level - 1)]
    return ".".join([*parts, *([node.module] if node.module else [])])


def room_of(module: str) -> str:
    """Return the room of a module: the module itself if it is at the top of its app, else its folder."""
    if module in FOLDERS or module in ROOMS:
        return module
    return module.rpartition(".")[0]


def own_name(module: str) -> str:
    """Return the name of a module inside its room."""
    return "__init__" if module in FOLDERS else module.rpartition(".")[2]


def forbidden_imports(sources: dict[str, str]) -> list[str]:
    """Return the imports that the table does not allow, as ``module -> imported module``."""
    return [
        f"{module} -> {name}"
        for module, source in sorted(sources.items())
        for name in sorted(imports(module, source))
        if not is_allowed(module, name)
    ]


def is_allowed(module: str, name: str) -> bool:
    """Return whether a module may import ``name``; imports from outside the project are always allowed."""
    if name.partition(".")[0] in NEVER:
        return False
    if name.partition(".")[0] not in PACKAGES:
        return True
    own, other = room_of(module), room_of(name)
    return own == other or other in ROOMS[own].may_import


def graph(sources: dict[str, str]) -> dict[str, set[str]]:
    """Return the project's modules that each module imports."""
    return {module: imports(module, source) & sources.keys() - {module} for module, source in sources.items()}


def late_imports(source: str) -> set[str]:
    """Return the functions of a module that import something when they are called."""
    return {
        function.name
        for function in ast.walk(ast.parse(source))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        and any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(function))
    }


def impurities(module: str, source: str) -> set[str]:
    """Return the imports and calls that make a module impure."""
    imported = imports(module, source)
    own = {name for name in imported if name.split(".")[0] in PACKAGES}
    harmless = HARMLESS_FOR.get(module, HARMLESS)
    outside = {name for name in imported - own if not {name, name.rpartition(".")[0]} & harmless}
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return outside | (own - set(PURE)) | (calls & IMPURE_CALLS)


def test_rooms__table_lists_every_module() -> None:
    in_table = {(room, module) for room, (modules, _) in ROOMS.items() for module in modules}
    assert {(room_of(module), own_name(module)) for module in SOURCES} == in_table


def test_rooms__may_import_only_rooms_above_them() -> None:
    order = list(ROOMS)
    wrong = [
        (room, other)
        for room, (_, may_import) in ROOMS.items()
        for other in may_import
        if order.index(other) >= order.index(room)
    ]
    assert wrong == []


def test_rooms__allow_only_imports_that_are_used() -> None:
    used: dict[str, set[str]] = {room: set() for room in ROOMS}
    for module, source in SOURCES.items():
        used[room_of(module)] |= {room_of(name) for name in imports(module, source) & SOURCES.keys()}
    unused = {room: may_import - used[room] for room, (_, may_import) in ROOMS.items()}
    assert {room: names for room, names in unused.items() if names} == {}


@pytest.mark.parametrize("room", ROOMS)
def test_rooms__have_at_most_15_modules(room: str) -> None:
    assert len(ROOMS[room].modules - {"__init__"}) <= MODULES_IN_A_ROOM


def test_imports__are_all_allowed_by_the_table() -> None:
    assert forbidden_imports(SOURCES) == []


def test_imports__are_late_only_if_an_early_one_would_have_an_effect() -> None:
    late = {(module, name) for module, source in SOURCES.items() for name in late_imports(source)}
    assert late == LATE


def test_imports__form_no_cycle() -> None:
    assert len(list(TopologicalSorter(graph(SOURCES)).static_order())) == len(SOURCES)


@pytest.mark.parametrize("module", PURE)
def test_pure_modules__import_no_framework_and_do_no_io(module: str) -> None:
    assert impurities(module, SOURCES[module]) == set()


TYPE_CHECKING_IMPORT = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    {}\n"


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("lifecycle.capture.middleware", "from dashboard.live import hub"),
        ("lifecycle.capture.middleware", "from dashboard.live.hub import current"),
        ("lifecycle.views", "import monitor_project.settings"),
        ("lifecycle.views", "def late():\n    from dashboard.live import hub"),
        ("dashboard.live.merge", "from monitor_project import settings"),
        ("dashboard.live.merge", "from .. import views"),
        ("dashboard.live.merge", "from ..views import page"),
        ("lifecycle.counts.tally", "from lifecycle.record.recorder import Recorder"),
        ("lifecycle.counts.tally", "from lifecycle.record import recorder"),
        ("lifecycle.counts.tally", TYPE_CHECKING_IMPORT.format("from lifecycle.models import Connection")),
        ("lifecycle.record.spool", "from lifecycle.server import process"),
        ("lifecycle.record.recorder", "from lifecycle.capture.handshake import facts_from"),
        ("lifecycle.record.recorder", "from lifecycle.capture import LifecycleMiddleware"),
        ("lifecycle.metrics.collector", "import lifecycle.record.spool"),
        ("lifecycle", "from lifecycle import conf"),
    ],
)
def test_imports__forbidden_import_is_found(module: str, line: str) -> None:
    assert forbidden_imports({module: line})


@pytest.mark.parametrize("form", ["{}", TYPE_CHECKING_IMPORT])
def test_imports__cycle_is_found(form: str) -> None:
    sources = {**SOURCES, "lifecycle.verdict.facts": form.format("from lifecycle.capture import middleware")}
    with pytest.raises(CycleError):
        TopologicalSorter(graph(sources)).prepare()


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
def test_pure_modules__impurity_is_found(line: str, found: str) -> None:
    assert found in impurities("lifecycle.counts.tally", line)


def test_contract__import_paths_for_other_projects_exist() -> None:
    from lifecycle import models, routing, urls
    from lifecycle.auth import TokenAuthMiddleware
    from lifecycle.capture import LifecycleMiddleware
    from lifecycle.startup import Lifespan

    assert callable(TokenAuthMiddleware)
    assert callable(LifecycleMiddleware)
    assert callable(Lifespan)
    assert models.Connection._meta.db_table == "lifecycle_connection"
    assert [route.name for route in urls.urlpatterns] == ["metrics", "healthz", "readyz"]
    assert [str(route.pattern) for route in routing.websocket_urlpatterns] == ["ws/status/"]
