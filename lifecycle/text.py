"""Makes text that every database can store, and text that is safe to display."""

from __future__ import annotations

import re

#: Characters that change the direction of the text around them (Unicode Standard Annex 9, section 2).
BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: object, limit: int) -> str:
    """Return at most ``limit`` characters, without NUL and lone surrogates, which some databases refuse."""
    short = str(text or "")[:limit]
    if short.isascii() and "\x00" not in short:
        return short
    return short.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")


def visible(text: str) -> str:
    """Return a client's text for display: bidirectional control characters become visible, as in ``[U+202E]``.

    Left as they are, they could reverse the rest of the line, so that it says something else.
    """
    if text.isascii():
        return text
    return BIDI_CONTROLS.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)
