"""Families of browsers and operating systems, recognised by parts of the user agent. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Family(NamedTuple):
    """A family, and the parts of a user agent that tell it. The first family in the list that fits is the one."""

    name: str
    parts: tuple[str, ...]


#: Browsers name the families that they are compatible with, so the order matters.
BROWSERS = (
    Family("edge", ("Edg/", "EdgA/", "EdgiOS/", "Edge/")),
    Family("opera", ("OPR/", "OPiOS/", "Opera")),
    Family("samsung", ("SamsungBrowser/",)),
    Family("firefox", ("Firefox/", "FxiOS/")),
    Family("chrome", ("Chrome/", "CriOS/", "Chromium/")),
    Family("safari", ("Safari/", "AppleWebKit/")),
)
SYSTEMS = (
    Family("ios", ("iPhone", "iPad", "iPod")),
    Family("android", ("Android",)),
    Family("windows", ("Windows",)),
    Family("chromeos", ("CrOS",)),
    Family("macos", ("Macintosh", "Mac OS X")),
    Family("linux", ("Linux", "X11")),
)
#: A user agent that fits no family, and a handshake without a user agent.
OTHER, NONE = "other", "none"


def names(families: tuple[Family, ...]) -> tuple[str, ...]:
    """Return the names that a filter accepts."""
    return (*(family.name for family in families), OTHER, NONE)


def family_of(user_agent: str, families: tuple[Family, ...]) -> str:
    """Return the name of the family of a user agent."""
    if not user_agent:
        return NONE
    found = (family.name for family in families if any(part in user_agent for part in family.parts))
    return next(found, OTHER)


def parts_of(name: str, families: tuple[Family, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the parts of which a user agent of the family has one, and the parts of which it has none.

    For ``OTHER``, the first tuple is empty.
    """
    names_before = [family.name for family in families]
    position = names_before.index(name) if name in names_before else len(families)
    wanted = families[position].parts if position < len(families) else ()
    return wanted, tuple(part for family in families[:position] for part in family.parts)
