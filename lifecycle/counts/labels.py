"""Limits the number of labels for close codes and endpoints, regardless of client input. No I/O and no clock."""

from __future__ import annotations

from collections.abc import Collection, Iterable

#: The label shared by all codes and endpoints without their own label.
OTHER = "other"
#: The protocol's codes (RFC 6455 section 7.4.1). Each always has its own label.
PROTOCOL_CODES = range(1000, 1016)


class CodeLabels(dict[int | None, str]):
    """The labels of close codes; the key ``None`` stands for no code.

    This is a dictionary because it is read whenever a connection ends: looking up a known code needs no Python
    function call.
    """

    def __init__(self, application_codes: Iterable[int] = ()) -> None:
        """Give the protocol's codes and ``application_codes`` their own labels; all others share ``OTHER``."""
        super().__init__((code, str(code)) for code in (*PROTOCOL_CODES, *application_codes))

    def __missing__(self, code: int | None) -> str:
        """Return ``OTHER`` for any other code, without storing it, so the dictionary never grows."""
        return OTHER


def endpoint_label(endpoint: str, labels: Collection[str], limit: int) -> str:
    """Return the endpoint itself, or ``OTHER`` if it is new and there are already ``limit`` labels."""
    return endpoint if endpoint in labels or len(labels) < limit else OTHER
