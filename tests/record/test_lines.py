"""The spool's line format: every event is decoded as it was encoded, and damaged lines are detected."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lifecycle.record import events
from lifecycle.record.lines import CHECKSUM_SIZE, decode_all, decode_lines, encode, latest_lines
from lifecycle.verdict.causes import Cause, Verdict
from lifecycle.verdict.facts import Facts

VERDICT = Verdict(Cause.CLIENT_APPLICATION, 4001, "why")


def test_encode__is_checksum_and_json_on_one_line() -> None:
    line = encode({"e": "open", "path": "/a\nb"})
    checksum, body = line[:8], line[9:-1]
    assert int(checksum, 16) == zlib.crc32(body)
    assert json.loads(body) == {"e": "open", "path": "/a\nb"}
    assert line.count(b"\n") == 1


WHOLE = encode({"e": "open"}).rstrip(b"\n")


@pytest.mark.parametrize(
    "line",
    [WHOLE[:-1], WHOLE[1:], b"zzzzzzzz" + WHOLE[8:], b"00000000" + WHOLE[8:], b"x", b"\x00\xff" * 20, WHOLE * 2],
    ids=["cut at its end", "cut at its start", "no checksum", "wrong checksum", "short", "binary", "doubled"],
)
def test_decode_all__damaged_line_is_none(line: bytes) -> None:
    assert list(decode_all(line)) == [None]


def test_decode_all__yields_none_for_damaged_lines_and_keeps_the_order() -> None:
    first, second = {"e": "open", "n": 1}, {"e": "end", "n": 2}
    data = encode(first) + b"garbage\n\n" + encode(second) + WHOLE[:5]
    assert list(decode_all(data)) == [first, None, second, None]


def test_latest_lines__are_the_last_event_of_each_connection_and_every_report() -> None:
    facts = Facts(ended_at=1.0)
    handshake, accept = events.open_event(facts, "p"), events.accept_event(facts, "p")
    end = events.end_event(facts, VERDICT, "p")
    reports = [events.report_event(facts, "hello", 1.0), events.report_event(facts, "status", 2.0)]
    other = events.accept_event(Facts(), "p")
    data = b"".join(map(encode, [end, reports[0], accept, handshake, other, reports[1]])) + b"garbage"
    lines, damaged = latest_lines(data)
    found = {kind: list(map(tuple, decode_lines(bodies))) for kind, bodies in lines.items()}
    assert found == {"accept": [other], "end": [end], "report": reports}
    assert damaged == 1


def test_decode_lines__raises_for_a_line_that_is_not_an_event() -> None:
    with pytest.raises(ValueError, match="not an event"):
        list(decode_lines([b'["end","an id"]']))


KINDS = st.sampled_from(["open", "accept", "end"])
EVENTS = st.lists(st.fixed_dictionaries({"e": KINDS, "path": st.text(max_size=20)}), max_size=8)
# A busy machine may need longer than the default deadline.
without_deadline = settings(deadline=None)


@without_deadline
@given(EVENTS, st.data())
def test_decode_all__cut_at_any_byte_loses_at_most_the_last_event(
    events: list[dict[str, str]], data: st.DataObject
) -> None:
    whole = b"".join(encode(event) for event in events)
    cut = data.draw(st.integers(0, len(whole)))
    decoded = [event for event in decode_all(whole[:cut]) if event is not None]
    ends = [len(b"".join(encode(event) for event in events[: number + 1])) for number in range(len(events))]
    # An event is complete even without its line feed.
    assert decoded == [event for event, end in zip(events, ends, strict=True) if end - 1 <= cut]


@without_deadline
@given(EVENTS.filter(bool), st.data())
def test_decode_all__flipped_bit_never_yields_a_different_event(
    events: list[dict[str, str]], data: st.DataObject
) -> None:
    whole = bytearray(b"".join(encode(event) for event in events))
    index = data.draw(st.integers(0, len(whole) - 1))
    whole[index] ^= 1 << data.draw(st.integers(0, 7))
    decoded = [event for event in decode_all(bytes(whole)) if event is not None]
    assert len(decoded) <= len(events)
    assert all(event in events for event in decoded)


@without_deadline
@given(EVENTS)
def test_encode__is_one_line_of_utf_8(events: list[dict[str, str]]) -> None:
    for event in events:
        line = encode(event)
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        assert json.loads(line.decode()[CHECKSUM_SIZE:]) == event


def previous_end() -> tuple[events.Event, bytes]:
    """Return an ``end`` event, and its line in the spool of the previous release, without the last column."""
    end = events.end_event(Facts(ended_at=1.0), VERDICT, "p")
    return end, encode(end[:-1])


def test_decode_all__completes_an_end_of_the_previous_release() -> None:
    end, line = previous_end()
    assert [tuple(event or ()) for event in decode_all(line)] == [end]


def test_decode_lines__completes_an_end_of_the_previous_release() -> None:
    end, line = previous_end()
    found, damaged = latest_lines(line + encode(end))
    assert [tuple(event) for event in decode_lines(found["end"])] == [end]
    found, damaged = latest_lines(line)
    assert [tuple(event) for event in decode_lines(found["end"])] == [end]
    assert damaged == 0


@pytest.mark.parametrize("missing", [2, 5])
def test_decode_lines__refuses_an_end_that_lacks_more_columns(missing: int) -> None:
    end, _ = previous_end()
    found, _ = latest_lines(encode(end[:-missing]))
    with pytest.raises(ValueError, match="not an event"):
        list(decode_lines(found["end"]))
