"""Bounds of the label sets: whatever clients send, a process has few close codes and endpoints to count. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

#: The label that everything beyond the bounds shares.
OTHER = "other"
#: Codes of the protocol (RFC 6455 section 7.4.1) always have a label of their own.
PROTOCOL_CODES = range(1000, 1016)


class CodeLabels(dict[int | None, str]):
    """The label of each close code, and of ``None`` for no code.

    A dictionary, so that a known code costs no function call: this is read at each end.
    """

    def __init__(self, application_codes: Iterable[int] = ()) -> None:
        """Give the codes of the protocol and ``application_codes`` their own labels, all others ``OTHER``."""
        super().__init__((code, str(code)) for code in (*PROTOCOL_CODES, *application_codes))

    def __missing__(self, code: int | None) -> str:
        """Return the label of a code without its own; it is not stored, so the dictionary never grows."""
        return OTHER


def endpoint_label(endpoint: str, labels: Collection[str], limit: int) -> str:
    """Return the label of an endpoint; ``OTHER`` for a new one if there are already ``limit`` ``labels``."""
    return endpoint if endpoint in labels or len(labels) < limit else OTHER
