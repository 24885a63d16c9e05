"""The picture in columns: it is small, and JavaScript and Python read it as the same rows."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from benchmarks.feed_bytes import SIZES, ticks
from benchmarks.fleet import fleet
from dashboard import contract
from dashboard.live.encoding import LAYOUT, Table, encode
from dashboard.live.picture import Live
from tests.dashboard.test_merge import CHAT, NOW, counts, merged, snapshot
from tests.pictures import decoded

ROOT = Path(__file__).resolve().parents[2]
DECODE = """
import { decode } from "./static/lifecycle_dashboard/js/encoding.js";
let text = "";
for await (const chunk of process.stdin) text += chunk;
process.stdout.write(JSON.stringify(decode(JSON.parse(text))));
"""
ROWS = {"endpoints": contract.EndpointRow, "processes": contract.ProcessRow, "ends": contract.EndRow}


def picture_of(endpoints: int, processes: int) -> contract.Picture:
    """Return the picture of many processes."""
    live = Live(20.0, 1.0)
    for arrived in fleet(endpoints, processes, NOW):
        live.store(arrived, NOW)
    return live.picture(NOW)


def in_javascript(text: str) -> Any:  # noqa: ANN401
    """Return the picture in a message as the page decodes it."""
    node = shutil.which("node") or pytest.fail("Node.js is not installed")
    command = [node, "--input-type=module", "--eval", DECODE]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("table", ROWS)
def test_layout__has_every_field_of_the_rows(table: Table) -> None:
    assert set(LAYOUT[table]) == set(get_type_hints(ROWS[table]))


def test_encode__keeps_every_number_that_the_page_shows() -> None:
    picture = picture_of(12, 6)
    found = decoded(encode(picture))
    assert [row | {"rtt_ms": 0} for row in found["endpoints"]] == [
        {**row, "rtt_ms": 0, **{rate: round(row[rate], 1) for rate in ("connects_s", "closes_s", "refused_s")}}
        for row in picture["endpoints"]
    ]
    assert found["buckets"] == picture["buckets"]
    assert found["totals"] == picture["totals"]
    assert [{**row, "at": 0} for row in found["ends"]] == [{**row, "at": 0} for row in picture["ends"]]
    for row, sent in zip(found["processes"], picture["processes"], strict=True):
        times = ("started", "last_write", "heard")
        assert [row[time] for time in times] == pytest.approx([sent[time] for time in times], abs=0.001)
        assert row | dict.fromkeys(times) == sent | dict.fromkeys(times)


def test_encode__missing_values_stay_missing() -> None:
    [row] = decoded(encode(merged(snapshot("a", endpoints={CHAT: counts(1)}))))["endpoints"]
    assert (row["endpoint"], row["open"], row["rtt_ms"]) == (CHAT, 1, None)
    [process] = decoded(encode(merged(snapshot("a"))))["processes"]
    assert process["last_write"] is None


def test_encode__picture_without_processes() -> None:
    found = decoded(encode(merged()))
    assert (found["endpoints"], found["processes"], found["buckets"], found["ends"]) == ([], [], [], [])


def test_javascript__decodes_the_same_rows_as_python() -> None:
    text = encode(picture_of(12, 6))
    assert in_javascript(text) == decoded(text)


def test_javascript__decodes_a_picture_without_processes() -> None:
    text = encode(merged())
    assert in_javascript(text) == decoded(text)


@pytest.mark.parametrize(("size", "limit"), SIZES.items(), ids=str)
def test_size__of_many_endpoints_and_processes(size: tuple[int, int], limit: int) -> None:
    assert ticks(*size, encode).size <= limit
