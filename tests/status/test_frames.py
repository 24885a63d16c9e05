"""Tests of the parser: the frames that it accepts, and the errors for frames that it refuses."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifecycle.status.fields import BadFrame
from lifecycle.status.frames import (
    MAX_FRAME_BYTES,
    MAX_OFFLINE_MS,
    Echo,
    Frame,
    Hello,
    Ping,
    Previous,
    Status,
    parse_frame,
)

CONNECTION = "0198d2c1-7b60-7c3e-9d0a-4f1be4b7a001"
PREVIOUS = {"connection": CONNECTION, "code": 1006, "reason": "", "clean": False, "offline_ms": 3200}
HELLO = {"type": "hello", "v": 1, "tab": "tab_1-A", "page": "/"}
PING = {"type": "ping", "n": 1}
STATUS = {"type": "status", "state": "visible"}
ECHO = {"type": "echo", "text": "hi"}


def parse(fields: object) -> Frame:
    """Encode the fields as JSON and parse the frame."""
    return parse_frame(json.dumps(fields), None)


def refusal(text: str | None, data: bytes | None = None) -> BadFrame:
    """Return the error that the parser raises for a message."""
    with pytest.raises(BadFrame) as caught:
        parse_frame(text, data)
    return caught.value


def refused_field(fields: dict[str, Any]) -> str:
    """Return the error's detail for a frame with one invalid field."""
    error = refusal(json.dumps(fields))
    assert error.code == "bad_field"
    return error.detail


def hello_after(**changes: object) -> dict[str, Any]:
    """Return a ``hello`` frame with changed fields in ``previous``."""
    return {**HELLO, "previous": {**PREVIOUS, **changes}}


def echo_of_size(size: int, text: str = "x") -> str:
    """Return an ``echo`` frame of ``size`` bytes: ``text``, padded at its start with one-byte characters."""
    frame = json.dumps({**ECHO, "text": text}, ensure_ascii=False)
    padding = "x" * (size - len(frame.encode()))
    return json.dumps({**ECHO, "text": padding + text}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("fields", "frame"),
    [
        (HELLO, Hello("tab_1-A", "/", None)),
        ({**HELLO, "previous": None}, Hello("tab_1-A", "/", None)),
        ({**HELLO, "new": "field"}, Hello("tab_1-A", "/", None)),
        (PING, Ping(1, None)),
        ({**PING, "rtt_ms": None}, Ping(1, None)),
        ({**PING, "rtt_ms": 12.3}, Ping(1, 12.3)),
        ({**PING, "rtt_ms": 0}, Ping(1, 0.0)),
        ({**PING, "n": 2**53 - 1, "rtt_ms": 600_000}, Ping(2**53 - 1, 600_000.0)),
        (STATUS, Status("visible", "")),
        ({**STATUS, "note": "über " * 40}, Status("visible", "über " * 40)),
        (ECHO, Echo("hi")),
        ({**ECHO, "text": ""}, Echo("")),
        ({**ECHO, "text": "\U0001f600"}, Echo("\U0001f600")),
    ],
)
def test_parse_frame__accepts(fields: dict[str, Any], frame: Frame) -> None:
    assert parse(fields) == frame


@pytest.mark.parametrize(
    ("changes", "previous"),
    [
        ({}, Previous(uuid.UUID(CONNECTION), 1006, "", False, 3200)),
        ({"connection": CONNECTION.upper()}, Previous(uuid.UUID(CONNECTION), 1006, "", False, 3200)),
        ({"code": None, "offline_ms": None}, Previous(uuid.UUID(CONNECTION), None, "", False, None)),
        ({"code": 1000, "clean": True}, Previous(uuid.UUID(CONNECTION), 1000, "", True, 3200)),
        ({"code": 4999, "reason": "é" * 61}, Previous(uuid.UUID(CONNECTION), 4999, "é" * 61, False, 3200)),
        ({"offline_ms": MAX_OFFLINE_MS}, Previous(uuid.UUID(CONNECTION), 1006, "", False, MAX_OFFLINE_MS)),
    ],
)
def test_parse_frame__accepts_a_previous_connection(changes: dict[str, Any], previous: Previous) -> None:
    assert parse(hello_after(**changes)) == Hello("tab_1-A", "/", previous)


def test_parse_frame__optional_fields_of_previous_may_be_absent() -> None:
    previous = {"connection": CONNECTION, "clean": False}
    expected = Previous(uuid.UUID(CONNECTION), None, "", False, None)
    assert parse({**HELLO, "previous": previous}) == Hello("tab_1-A", "/", expected)


@pytest.mark.parametrize("page", ["/a/b?token=s3cret", "/a/b#s3cret", "/a/b#x?y", "/a/b?" + "x" * 600])
def test_parse_frame__removes_query_and_fragment_of_the_page(page: str) -> None:
    assert parse({**HELLO, "page": page}) == Hello("tab_1-A", "/a/b", None)


@pytest.mark.parametrize(
    ("text", "data", "code"),
    [
        (None, b"\x00", "not_text"),
        (None, b"", "not_text"),
        (None, None, "not_text"),
        ("{}", b"{}", "not_text"),
        ("x" * 2**20, None, "too_large"),
        ("", None, "bad_json"),
        ("{", None, "bad_json"),
        ("\ud800", None, "bad_json"),
        ("[" * MAX_FRAME_BYTES, None, "bad_json"),
        ('{"type":"ping","n":NaN}', None, "bad_json"),
        ('{"type":"ping","n":1,"rtt_ms":-Infinity}', None, "bad_json"),
        ('{"type":"echo","text":"\x00"}', None, "bad_json"),
        ("[]", None, "bad_message"),
        ("null", None, "bad_message"),
        ('"hello"', None, "bad_message"),
        ("{}", None, "bad_message"),
        ('{"type":1}', None, "bad_message"),
        ('{"type":["echo"]}', None, "bad_message"),
        ('{"type":"Hello"}', None, "unknown_type"),
        ('{"type":"\\ud800"}', None, "unknown_type"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_parse_frame__refuses_invalid_messages(text: str | None, data: bytes | None, code: str) -> None:
    assert refusal(text, data).code == code


def test_parse_frame__refuses_valid_json_nested_too_deeply() -> None:
    depth = MAX_FRAME_BYTES // 2
    # The depth limit of the parser depends on the interpreter. Both errors are correct.
    assert refusal("[" * depth + "]" * depth).code in {"bad_json", "bad_message"}


def test_parse_frame__accepts_a_frame_of_the_largest_size() -> None:
    frame = parse_frame(echo_of_size(MAX_FRAME_BYTES, "é"), None)
    assert isinstance(frame, Echo)


def test_parse_frame__limit_counts_bytes_not_characters() -> None:
    text = echo_of_size(MAX_FRAME_BYTES + 1, "é")
    assert len(text) == MAX_FRAME_BYTES
    assert refusal(text).code == "too_large"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({**HELLO, "v": None}, "v"),
        ({**HELLO, "v": 2}, "v"),
        ({**HELLO, "v": True}, "v"),
        ({**HELLO, "v": "1"}, "v"),
        ({**HELLO, "tab": None}, "tab"),
        ({**HELLO, "tab": ""}, "tab"),
        ({**HELLO, "tab": "x" * 65}, "tab"),
        ({**HELLO, "tab": "tab\n"}, "tab"),
        ({**HELLO, "tab": "täb"}, "tab"),
        ({**HELLO, "page": None}, "page"),
        ({**HELLO, "page": "https://example.org/"}, "page"),
        ({**HELLO, "page": "/" + "x" * 512}, "page"),
        ({**HELLO, "page": "/\x00"}, "page"),
        ({**HELLO, "previous": []}, "previous"),
        ({**HELLO, "previous": False}, "previous"),
        (hello_after(connection=None), "connection"),
        (hello_after(connection="x"), "connection"),
        (hello_after(connection="{" + CONNECTION + "}"), "connection"),
        (hello_after(connection=CONNECTION.replace("-", "")), "connection"),
        (hello_after(code=0), "code"),
        (hello_after(code=999), "code"),
        (hello_after(code=5000), "code"),
        (hello_after(code=True), "code"),
        (hello_after(code=1006.0), "code"),
        (hello_after(code=10**3000), "code"),
        (hello_after(reason="é" * 62), "reason"),
        (hello_after(reason="\ud800"), "reason"),
        (hello_after(reason=7), "reason"),
        (hello_after(clean=1), "clean"),
        (hello_after(clean=None), "clean"),
        (hello_after(offline_ms=-1), "offline_ms"),
        (hello_after(offline_ms=MAX_OFFLINE_MS + 1), "offline_ms"),
        (hello_after(offline_ms=False), "offline_ms"),
        ({**PING, "n": None}, "n"),
        ({**PING, "n": True}, "n"),
        ({**PING, "n": 1.0}, "n"),
        ({**PING, "n": -1}, "n"),
        ({**PING, "n": 2**53}, "n"),
        ({**PING, "rtt_ms": True}, "rtt_ms"),
        ({**PING, "rtt_ms": -0.1}, "rtt_ms"),
        ({**PING, "rtt_ms": 600_000.1}, "rtt_ms"),
        ({**PING, "rtt_ms": 10**3000}, "rtt_ms"),
        ({**PING, "rtt_ms": "12"}, "rtt_ms"),
        ({**STATUS, "state": None}, "state"),
        ({**STATUS, "state": "Visible"}, "state"),
        ({**STATUS, "state": "x" * 33}, "state"),
        ({**STATUS, "note": "x" * 201}, "note"),
        ({**STATUS, "note": "\x00"}, "note"),
        ({**STATUS, "note": 7}, "note"),
        ({**ECHO, "text": None}, "text"),
        ({**ECHO, "text": 7}, "text"),
        ({**ECHO, "text": "\x00"}, "text"),
        ({**ECHO, "text": "\udc00"}, "text"),
    ],
    ids=lambda value: repr(value)[-40:],
)
def test_parse_frame__error_names_the_invalid_field(fields: dict[str, Any], name: str) -> None:
    assert refused_field(fields).split()[0] == name


def test_parse_frame__refuses_a_number_too_large_for_a_float() -> None:
    assert refusal('{"type":"ping","n":1,"rtt_ms":1e999}').code == "bad_field"


def test_parse_frame__chains_the_cause() -> None:
    assert isinstance(refusal("{").__cause__, ValueError)


def test_parse_frame__error_does_not_quote_the_client() -> None:
    assert "s3cret" not in refusal('{"type":"s3cret"}').detail


# A small alphabet: Hypothesis would rarely draw NUL and lone surrogates from all of Unicode.
any_text = st.text("\x00\ud800\udc00\n/?#-_0aé\U0001f600", max_size=80)
any_value = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text | st.just(CONNECTION),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def with_one_change(draw: st.DrawFn, frame: dict[str, Any]) -> dict[str, Any]:
    """Draw copies of a frame in which one field has another value."""
    name = draw(st.sampled_from([*frame]))
    return {**frame, name: draw(any_text | any_text.map("/{}".format) | any_value)}


almost_valid_frames = st.one_of(
    with_one_change({**HELLO, "previous": PREVIOUS}),
    with_one_change(PREVIOUS).map(lambda previous: {**HELLO, "previous": previous}),
    with_one_change({**PING, "rtt_ms": 1.5}),
    with_one_change({**STATUS, "note": ""}),
    with_one_change(ECHO),
)


def strings_in(value: object) -> Iterator[str]:
    """Yield all strings in a frame, at any depth."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from strings_in(getattr(value, field.name))
    elif isinstance(value, str):
        yield value


def assert_storable_or_refused(text: str | None, data: bytes | None) -> None:
    """Assert that a message is refused, or that its strings can be encoded as UTF-8 and stored."""
    try:
        frame = parse_frame(text, data)
    except BadFrame as error:
        error.detail.encode()
        return
    assert b"\x00" not in "".join(strings_in(frame)).encode()


@given(st.none() | any_text, st.none() | st.binary(max_size=8))
def test_parse_frame__raises_only_bad_frame_for_any_text(text: str | None, data: bytes | None) -> None:
    assert_storable_or_refused(text, data)


@given(almost_valid_frames, st.booleans())
def test_parse_frame__raises_only_bad_frame_for_almost_valid_frames(fields: dict[str, Any], escape: bool) -> None:
    assert_storable_or_refused(json.dumps(fields, ensure_ascii=escape), None)
