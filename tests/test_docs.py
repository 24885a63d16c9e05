"""The docs agree with the code and with each other."""

from __future__ import annotations

import ast
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import Context, Template

from lifecycle import conf
from lifecycle.models import Connection
from lifecycle.status.frames import PARSERS, parse_frame
from lifecycle.verdict.causes import Cause
from tests.markdown import blocks, broken_links, code_in, prose, rows, section
from tests.programs import promtool
from tests.rooms import ROOMS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")])
PAGE_IDS = [page.name for page in PAGES]
README_LINES = 130
COST_COLUMNS = 5
OTHER_PAGES = [path for path in PAGES if path.name != "performance.md"]
#: Inline code in the docs that starts with one of these is a path in the repository.
FOLDERS = (
    "lifecycle/", "dashboard/", "monitor_project/", "docs/", "tests/", "benchmarks/", "static/", "templates/",
    "requirements/", ".ci/",
)  # fmt: skip
METRIC = re.compile(r"(?:websocket|lifecycle)_[a-z_]+")
CHECK_NUMBER = re.compile(r"[.\"](W\d{3})\"")
VARIABLE = re.compile(r'(?:\benv(?:\.\w+)?\(|environ\.get\()"([A-Z_]+)"')
#: The suffixes that Prometheus adds to the names of counters and histograms.
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
            names |= {f"{node.name}.{member.name}" for member in node.body if hasattr(member, "name")}
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {ast.unparse(target) for target in targets}
    return names


def checks_in_code() -> set[str]:
    """Return the IDs of the system checks of both apps; each prefix is the label of the app."""
    modules = {"lifecycle": ["lifecycle/checks.py", "lifecycle/history/checks.py",
                             "lifecycle/installation/checks.py"],
               "lifecycle_dashboard": ["dashboard/checks.py"]}  # fmt: skip
    return {
        f"{label}.{number}"
        for label, paths in modules.items()
        for path in paths
        for number in CHECK_NUMBER.findall((ROOT / path).read_text(encoding="utf-8"))
    }


def metrics_in_code() -> set[str]:
    """Return the names of the metrics in the code, without the suffixes of Prometheus."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "lifecycle" / "metrics").glob("*.py")]
    texts = {
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {SUFFIX.sub("", text) for text in texts if METRIC.fullmatch(text)}


def settings_in_docs() -> dict[str, str]:
    """Return the default of each key of ``LIFECYCLE`` according to the docs."""
    table = rows(section(page("settings.md"), "## The dictionary LIFECYCLE"))
    return {key.strip("`"): default.strip("`") for key, _, default, _ in table}


def figures() -> set[str]:
    """Return the figures in the table of costs; figures with one or two digits only if they have a unit."""
    table = [row for row in rows(section(page("performance.md"), "## What it costs")) if len(row) == COST_COLUMNS]
    found = {figure for row in table for cell in row[1:4] for figure in cell.split(", ")}
    return {figure for figure in found if " " in figure or len(re.sub(r"\D", "", figure)) > 2}


def examples() -> list[dict[str, Any]]:
    """Return the example frames in the docs of the status protocol."""
    shown = blocks(page("status-protocol.md"), "json")
    return [json.loads(line) for block in shown for line in block.splitlines()]


@pytest.mark.parametrize("path", PAGES, ids=PAGE_IDS)
def test_links__lead_to_files_and_headings(path: Path) -> None:
    assert broken_links(path) == []


@pytest.mark.parametrize("link", ["gone.md", "README.md#gone", "#gone"])
def test_links__broken_links_are_found(tmp_path: Path, link: str) -> None:
    (tmp_path / "README.md").write_text("# Here\n")
    broken = tmp_path / "page.md"
    broken.write_text(f"# There\n\n[sound](README.md#here), [sound](#there), [broken]({link})\n")
    assert broken_links(broken) == [link]


@pytest.mark.parametrize("path", PAGES, ids=PAGE_IDS)
def test_paths__exist(path: Path) -> None:
    named = {code for code in code_in(path.read_text(encoding="utf-8")) if code.startswith(FOLDERS)}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@pytest.mark.parametrize("path", PAGES, ids=PAGE_IDS)
def test_tables__have_the_same_number_of_cells_in_each_row(path: Path) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", prose(path.read_text(encoding="utf-8")), re.MULTILINE)
    uneven = [table for table in tables if len({row.count("|") for row in table.splitlines()}) > 1]
    assert uneven == []


def code_map() -> list[tuple[str, str]]:
    """Return the files of the code map, each with the name that it must define."""
    table = rows(section(page("architecture.md"), "## Where is it decided?"))
    return [(path.strip("`"), name.strip("`")) for _, path, name in table]


@pytest.mark.parametrize(("path", "name"), code_map())
def test_code_map__the_file_defines_the_name(path: str, name: str) -> None:
    assert name in defined(path)


def test_architecture__lists_the_rooms_in_the_order_of_their_imports() -> None:
    table = rows(section(page("architecture.md"), "## Rooms"))
    described = [cells[0].strip("`/").replace("/", ".") for cells in table]
    folders = [room for room in ROOMS if "." in room and (ROOT / room.replace(".", "/")).is_dir()]
    assert described == [room for room in folders if ".management" not in room]


def test_architecture__describes_each_column() -> None:
    table = rows(section(page("architecture.md"), "## What a row holds"))
    described = {name for cells in table for name in code_in(cells[0])}
    assert described == {field.name for field in Connection._meta.concrete_fields}


def test_settings__docs_list_each_key_with_its_default() -> None:
    described = {key: ast.literal_eval(default) for key, default in settings_in_docs().items()}
    assert described == dict(conf.DEFAULTS)


def test_settings__docs_list_each_environment_variable() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "monitor_project").rglob("*.py")]
    table = rows(section(page("settings.md"), "## Environment variables"))
    described = {name for cells in table for name in code_in(cells[0])}
    read = {name for source in sources for name in VARIABLE.findall(source)}
    assert described == read - {"DJANGO_SETTINGS_MODULE"}


def test_settings__docs_list_each_system_check() -> None:
    table = rows(section(page("settings.md"), "## System checks"))
    assert {cells[0].strip("`") for cells in table} == checks_in_code()


def test_metrics__docs_list_each_metric() -> None:
    described = {cells[0].strip("`") for cells in rows(page("metrics.md"))}
    assert {SUFFIX.sub("", name) for name in described if METRIC.fullmatch(name)} == metrics_in_code()


def test_metrics__queries_and_alerts_use_existing_metrics() -> None:
    queries = blocks(page("metrics.md"), "promql")
    text = "\n".join([*queries, page("examples/alerts.yml")])
    assert {SUFFIX.sub("", name) for name in METRIC.findall(text)} <= metrics_in_code()


def test_metrics__docs_list_each_alert() -> None:
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
    """Assert that promtool accepts a file of rules."""
    done = subprocess.run([promtool(), "check", "rules", rules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_causes__docs_list_each_cause_with_its_initiator() -> None:
    table = rows(section(page("servers.md"), "## Causes"))
    described = {name.strip("`"): (initiator, abnormal) for name, _, initiator, abnormal in table}
    assert described == {
        cause.value: (cause.initiator.value, "yes" if cause.abnormal else "no") for cause in Cause
    }


def test_causes__readme_lists_only_existing_causes() -> None:
    table = rows(section((ROOT / "README.md").read_text(encoding="utf-8"), "## What it tells you"))
    causes = {name.strip("`"): initiator for name, _, initiator in table}
    assert causes == {name: Cause(name).initiator.value for name in causes}


def test_status_protocol__docs_list_each_error_code() -> None:
    sources = [(ROOT / "lifecycle" / "status" / name).read_text(encoding="utf-8") for name in
               ("fields.py", "frames.py", "consumer.py")]  # fmt: skip
    raised = {code for source in sources for code in re.findall(r'BadFrame\(\s*"(\w+)"', source)}
    table = rows(section(page("status-protocol.md"), "## Limits and errors"))
    assert {cells[0].strip("`") for cells in table if not cells[0].isdecimal()} == raised


def test_status_protocol__docs_have_an_example_of_each_client_frame() -> None:
    assert {frame["type"] for frame in examples()} >= PARSERS.keys()


@pytest.mark.parametrize("frame", [frame for frame in examples() if frame["type"] in PARSERS])
def test_status_protocol__server_accepts_the_examples(frame: dict[str, Any]) -> None:
    assert parse_frame(json.dumps(frame), None)


@pytest.mark.parametrize("path", PAGES, ids=PAGE_IDS)
def test_pages__assume_no_static_url(path: Path) -> None:
    assert "/static/" not in "".join(blocks(path.read_text(encoding="utf-8"), "html"))


def test_status_protocol__its_template_names_a_script_that_exists() -> None:
    [template] = [block for block in blocks(page("status-protocol.md"), "html") if "{% load static %}" in block]
    rendered = Template(template).render(Context())
    [address] = re.findall(r'from "([^"]+)"', rendered)
    assert finders.find(address.removeprefix(settings.STATIC_URL))


def test_section__comment_in_code_is_no_heading() -> None:
    text = "# A\n\n## B\n```python\n# c\n```\nlast\n## D\nno\n"
    assert section(text, "## B") == "```python\n# c\n```\nlast\n"


def test_readme__is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= README_LINES


@pytest.mark.parametrize("path", OTHER_PAGES, ids=[path.name for path in OTHER_PAGES])
def test_figures__are_on_one_page_only(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    # There must be no digit before or after the figure: 10.0 is not a part of 10.0.0.0.
    found = {figure for figure in figures() if re.search(rf"(?<![\d.,]){re.escape(figure)}(?![.,]?\d)", text)}
    assert found == set()


def test_figures__are_found_in_the_table_of_costs() -> None:
    assert {"1.24 ms", "9.0 ms", "63,225", "0.75", "7,000 B", "+2.5 KiB"} <= figures()
