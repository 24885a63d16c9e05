"""The limits of the labels."""

from __future__ import annotations

import pytest

from lifecycle.counts.labels import OTHER, PROTOCOL_CODES, CodeLabels, endpoint_label


@pytest.mark.parametrize(
    ("code", "label"),
    [
        (1000, "1000"),
        (1015, "1015"),
        (4400, "4400"),
        (4777, OTHER),
        (999, OTHER),
        (1016, OTHER),
        (2999, OTHER),
        (0, OTHER),
        (-1, OTHER),
        (None, OTHER),
    ],
)
def test_code_labels__protocol_and_configured_codes_have_their_own_labels(code: int | None, label: str) -> None:
    assert CodeLabels([4400])[code] == label


def test_code_labels__do_not_grow_when_read() -> None:
    labels = CodeLabels([4400])
    for code in range(5000):
        labels[code]
    assert len(labels) == len(PROTOCOL_CODES) + 1


@pytest.mark.parametrize(
    ("labels", "endpoint", "label"),
    [
        ((), "ws/a/", "ws/a/"),
        (("ws/a/",), "ws/b/", "ws/b/"),
        (("ws/a/", "ws/b/"), "ws/c/", OTHER),
        (("ws/a/", "ws/b/"), "ws/b/", "ws/b/"),
        (("ws/a/", "ws/b/", OTHER), "ws/c/", OTHER),
        (("ws/a/", "ws/b/", OTHER), "ws/a/", "ws/a/"),
    ],
    ids=["first", "below the limit", "at the limit", "known", "beyond the limit", "known beyond the limit"],
)
def test_endpoint_label__new_endpoints_beyond_the_limit_share_a_label(
    labels: tuple[str, ...], endpoint: str, label: str
) -> None:
    assert endpoint_label(endpoint, labels, limit=2) == label


def test_endpoint_label__limit_of_zero_leaves_only_the_shared_label() -> None:
    assert endpoint_label("ws/a/", (), limit=0) == OTHER
