"""Formats durations for people to read. static/lifecycle/js/kit/durations.js does the same in the browser."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86_400
#: Each unit and the next smaller unit, with their sizes in seconds; the largest unit comes first.
PAIRS = (("d", DAY, "h", HOUR), ("h", HOUR, "min", MINUTE), ("min", MINUTE, "s", 1))


def unit_texts() -> dict[str, str]:
    """Return the translated text for each unit, with the placeholder ``{n}``. Scripts use the same keys."""
    return {
        "unit.ms": _("{n} ms"),
        "unit.s": _("{n} s"),
        "unit.min": _("{n} min"),
        "unit.h": _("{n} h"),
        "unit.d": _("{n} d"),
    }


def in_words(seconds: float) -> str:
    """Return a duration in its two largest units: ``12 ms``, ``3.2 s``, ``4 min 12 s``, ``2 d 3 h``.

    The duration is rounded down: 59.99 s becomes 59 s. A negative duration counts as 0.
    """
    seconds = max(seconds, 0)
    if seconds < 1:
        return amount(int(seconds * 1000), "ms")
    if seconds < 10:
        return amount(number_format(int(seconds * 10) / 10, decimal_pos=1), "s")
    for large, large_size, small, small_size in PAIRS:
        if seconds >= large_size:
            rest = int(seconds % large_size / small_size)
            return f"{amount(int(seconds // large_size), large)} {amount(rest, small)}"
    return amount(int(seconds), "s")


def age(seconds: float) -> str:
    """Return an age like ``in_words``, but without fractions of a second, and ``<1 s`` below a second."""
    if seconds < 1:
        return amount("<1", "s")
    return amount(int(seconds), "s") if seconds < 10 else in_words(seconds)


def amount(n: int | str, unit: str) -> str:
    """Return a number with its unit, translated."""
    return unit_texts()[f"unit.{unit}"].format(n=n)
