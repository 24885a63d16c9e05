"""Makes text that every database can store."""

from __future__ import annotations


def clean(text: object, limit: int) -> str:
    """Return at most ``limit`` characters, without NUL and lone surrogates, which some databases refuse."""
    short = str(text or "")[:limit]
    if short.isascii() and "\x00" not in short:
        return short
    return short.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
