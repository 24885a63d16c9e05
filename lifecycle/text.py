"""Text that every database can store."""

from __future__ import annotations


def clean(text: object, limit: int) -> str:
    """Return text that every database can store: no NUL, no lone surrogate, at most ``limit`` characters."""
    kept = str(text or "")[:limit]
    if kept.isascii() and "\x00" not in kept:
        return kept
    return kept.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
