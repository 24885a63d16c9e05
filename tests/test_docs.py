"""The docs agree with the code, and with each other."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lifecycle import conf
from lifecycle.models import Connection
from lifecycle.status.frames import PARSERS, parse_frame
from lifecycle.verdict.causes import Cause
from tests.markdown import blocks, broken_links, code_in, prose, rows, section
from tests.rooms import ROOMS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
PAGE_IDS = [page.name for page in PAGES]
README_LINES = 130
COST_COLUMNS = 5
OTHER_PAGES = [path for path in PAGES if path.name != "performance.md"]
#: Folders whose files are named in the docs by their path from the root of the repository.
FOLDERS = (
    "lifecycle/", "dashboard/", "monitor_project/", "docs/", "tests/", "benchmarks/", "static/", "templates/",
    "requirements/", ".ci/",
)  # fmt: skip
METRIC = re.compile(r"(?:websocket|lifecycle)_[a-z_]+")
CHECK_NUMBER = re.compile(r"\.(W\d{3})\"")
VARIABLE = re.compile(r'(?:\benv(?:\.\w+)?\(|environ\.get\()"([A-Z_]+)"')
#: What Prometheus adds to the names of counters and histograms.
SUFFIX = re.compile(r"_(?:total|bucket|count|sum)$")


def page(name: str) -> str:
    """Return the text of a page of the docs."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def defined(path: str) -> set[str]:
    """Return the names that a module defines at its top level, and the methods of its classes."""
    names: set[str] = set()
    source = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{one.name}" for one in node.body if hasattr(one, "name")}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {ast.unparse(target) for target in targets}
    return names


def checks_in_code() -> set[str]:
    """Return the ids of the system checks of both apps, whose prefixes are the apps' labels."""
    sources = {
        "lifecycle": ROOT / "lifecycle" / "checks.py",
        "lifecycle_dashboard": ROOT / "dashboard" / "checks.py",
    }
    return {
        f"{label}.{number}"
        for label, path in sources.items()
        for number in CHECK_NUMBER.findall(path.read_text(encoding="utf-8") if path.exists() else "")
    }


def metrics_in_code() -> set[str]:
    """Return the names of the metrics that the code serves, without Prometheus' suffixes."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "lifecycle" / "metrics").glob("*.py")]
    texts = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {SUFFIX.sub("", text) for text in texts if METRIC.fullmatch(text)}


def settings_in_docs() -> dict[str, str]:
    """Return the default of each key of ``LIFECYCLE`` as the docs have it."""
    table = rows(section(page("settings.md"), "## The dictionary LIFECYCLE"))
    return {key.strip("`"): default.strip("`") for key, _, default, _ in table}


def figures() -> set[str]:
    """Return the measured figures of the table of costs; those of few digits only if they have a unit."""
    table = [row for row in rows(section(page("performance.md"), "## What it costs")) if len(row) == COST_COLUMNS]
    found = {figure for row in table for cell in row[1:4] for figure in cell.split(", ")}
    return {figure for figure in found if " " in figure or len(re.sub(r"\D", "", figure)) > 2}


def examples() -> list[dict[str, Any]]:
    """Return the frames that the page of the status protocol shows."""
    shown = blocks(page("status-protocol.md"), "json")
    return [json.loads(line) for block in shown for line in block.splitlines()]


@pytest.mark.parametrize("path", PAGES, ids=PAGE_IDS)
def test_links__lead_to_files_and_headings(path: Path) -> None:
    assert broken_links(path) == []


@pytest.mark.parametrize("link", ["gone.md", "README.md#gone", "#gone"])
def test_links__a_broken_one_is_found(tmp_path: Path, link: str) -> None:
    (tmp_path / "README.md").write_text("# Here\n")
    broken = tmp_path / "page.md"
    broken.write_text(f"# There\n\n[sound](README.md#here), [sound](#there), [broken]({link})\n")
    assert broken_links(broken) == [link]


@pytest.mark.parametrize("path", PAGES, ids=PAGE_IDS)
def test_paths__exist(path: Path) -> None:
    named = {code for code in code_in(path.read_text(encoding="utf-8")) if code.startswith(FOLDERS)}
    assert sorted(one for one in named if not (ROOT / one).exists()) == []


@pytest.mark.parametrize("path", PAGES, ids=PAGE_IDS)
def test_tables__have_as_many_cells_in_each_row(path: Path) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", prose(path.read_text(encoding="utf-8")), re.MULTILINE)
    uneven = [table for table in tables if len({row.count("|") for row in table.splitlines()}) > 1]
    assert uneven == []


def code_map() -> list[tuple[str, str]]:
    """Return the files of the code map, each with the name that it is said to define."""
    table = rows(section(page("architecture.md"), "## Where is it decided?"))
    return [(path.strip("`"), name.strip("`")) for _, path, name in table]


@pytest.mark.parametrize(("path", "name"), code_map())
def test_code_map__the_file_defines_the_name(path: str, name: str) -> None:
    assert name in defined(path)


def test_architecture__names_each_room_in_the_order_of_imports() -> None:
    table = rows(section(page("architecture.md"), "## Rooms"))
    described = [cells[0].strip("`/").replace("/", ".") for cells in table]
    folders = [room for room in ROOMS if "." in room and (ROOT / room.replace(".", "/")).is_dir()]
    assert described == [room for room in folders if not room.startswith("lifecycle.management")]


def test_architecture__describes_each_column() -> None:
    table = rows(section(page("architecture.md"), "## What a row holds"))
    described = {name for cells in table for name in code_in(cells[0])}
    assert described == {field.name for field in Connection._meta.concrete_fields}


def test_settings__each_key_is_described_with_its_default() -> None:
    described = {key: ast.literal_eval(default) for key, default in settings_in_docs().items()}
    assert described == dict(conf.DEFAULTS)


def test_settings__each_environment_variable_is_described() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "monitor_project").rglob("*.py")]
    table = rows(section(page("settings.md"), "## Environment variables"))
    described = {name for cells in table for name in code_in(cells[0])}
    read = {name for source in sources for name in VARIABLE.findall(source)}
    assert described == read - {"DJANGO_SETTINGS_MODULE"}


def test_settings__each_system_check_is_described() -> None:
    table = rows(section(page("settings.md"), "## System checks"))
    assert {cells[0].strip("`") for cells in table} == checks_in_code()


def test_metrics__each_is_described() -> None:
    described = {cells[0].strip("`") for cells in rows(page("metrics.md"))}
    assert {SUFFIX.sub("", name) for name in described if METRIC.fullmatch(name)} == metrics_in_code()


def test_metrics__queries_and_alerts_ask_for_metrics_that_exist() -> None:
    queries = blocks(page("metrics.md"), "promql")
    text = "\n".join([*queries, page("examples/alerts.yml")])
    assert {SUFFIX.sub("", name) for name in METRIC.findall(text)} <= metrics_in_code()


def test_metrics__each_alert_is_described() -> None:
    alerts = re.findall(r"- alert: (\w+)", page("examples/alerts.yml"))
    table = rows(section(page("metrics.md"), "## Alert rules"))
    assert sorted(cells[0].strip("`") for cells in table) == sorted(alerts)


def test_metrics__promtool_accepts_the_alert_rules() -> None:
    assert_accepted(ROOT / "docs" / "examples" / "alerts.yml")


def test_metrics__promtool_accepts_the_queries(tmp_path: Path) -> None:
    rules = [{"record": "query", "expr": query} for query in blocks(page("metrics.md"), "promql")]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": f"{n}", "rules": [rule]} for n, rule in enumerate(rules)]}))
    assert_accepted(path)


def assert_accepted(rules: Path) -> None:
    """Assert that promtool has nothing against a file of rules."""
    done = subprocess.run([promtool(), "check", "rules", rules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def promtool() -> str:
    """Return where promtool is; without it, fail if the project is checked, and skip elsewhere."""
    if found := shutil.which("promtool"):
        return found
    absent = "promtool is missing: install the Debian package prometheus"
    if os.environ.get("CI") == "true":
        pytest.fail(absent)
    pytest.skip(absent)


def test_causes__each_is_described_with_its_initiator() -> None:
    table = rows(section(page("servers.md"), "## Causes"))
    described = {name.strip("`"): (initiator, abnormal) for name, _, initiator, abnormal in table}
    assert described == {
        cause.value: (cause.initiator.value, "yes" if cause.abnormal else "no") for cause in Cause
    }


def test_causes__the_readme_names_only_real_ones() -> None:
    table = rows(section((ROOT / "README.md").read_text(encoding="utf-8"), "## What it tells you"))
    causes = {name.strip("`"): initiator for name, _, initiator in table}
    assert causes == {name: Cause(name).initiator.value for name in causes}


def test_status_protocol__each_error_code_is_described() -> None:
    sources = [(ROOT / "lifecycle" / "status" / name).read_text(encoding="utf-8") for name in
               ("fields.py", "frames.py", "consumer.py")]  # fmt: skip
    raised = {code for source in sources for code in re.findall(r'BadFrame\(\s*"(\w+)"', source)}
    table = rows(section(page("status-protocol.md"), "## Limits and errors"))
    assert {cells[0].strip("`") for cells in table if not cells[0].isdecimal()} == raised


def test_status_protocol__each_frame_of_the_client_has_an_example() -> None:
    assert {frame["type"] for frame in examples()} >= PARSERS.keys()


@pytest.mark.parametrize("frame", [frame for frame in examples() if frame["type"] in PARSERS])
def test_status_protocol__its_examples_are_accepted(frame: dict[str, Any]) -> None:
    assert parse_frame(json.dumps(frame), None)


def test_readme__is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


@pytest.mark.parametrize("path", OTHER_PAGES, ids=[path.name for path in OTHER_PAGES])
def test_figures__are_published_on_one_page(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # No other digit may stand before or after: 10.0 is not a part of 10.0.0.0.
    assert sorted(one for one in figures() if re.search(rf"(?<![\d.,]){re.escape(one)}(?![.,]?\d)", text)) == []


def test_figures__are_found() -> None:
    assert {"1.24 ms", "9.0 ms", "63,225", "0.75", "7,000 B", "+2.5 KiB"} <= figures()
