"""Durations as people say them."""

from __future__ import annotations

from django.utils.translation import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86_400


def in_words(seconds: float) -> str:
    """Return a duration in its two largest units: ``12 ms``, ``3.2 s``, ``4 min 12 s``, ``2 d 3 h``.

    Rounds down: what lasted 59.99 s has not lasted a minute.
    """
    seconds = max(seconds, 0)
    if seconds < 1:
        return _("%(n)s ms") % {"n": int(seconds * 1000)}
    if seconds < MINUTE:
        return _("%(n)s s") % {"n": int(seconds * 10) / 10 if seconds < 10 else int(seconds)}
    whole = int(seconds)
    if whole < HOUR:
        return _("%(minutes)s min %(seconds)s s") % {"minutes": whole // MINUTE, "seconds": whole % MINUTE}
    if whole < DAY:
        return _("%(hours)s h %(minutes)s min") % {"hours": whole // HOUR, "minutes": whole % HOUR // MINUTE}
    return _("%(days)s d %(hours)s h") % {"days": whole // DAY, "hours": whole % DAY // HOUR}
