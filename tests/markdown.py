"""Reads the Markdown of the docs: sections, tables, code, links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def prose(text: str) -> str:
    """Return a text without its code blocks."""
    return FENCE.sub("", text)


def section(text: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of its level."""
    level = len(heading.partition(" ")[0])
    found = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{level}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables in a text, headings left out."""
    heading = True
    for line in text.split("\n"):
        if not line.startswith("|"):
            heading = True
        elif set(line) <= set("|- "):
            heading = False
        elif not heading:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(text)))
    return {heading.replace(" ", "-") for heading in plain}


def broken_links(path: Path) -> list[str]:
    """Return the links of a page that lead to no file, or to no heading of it."""
    links = [link for link in LINK.findall(prose(path.read_text(encoding="utf-8"))) if "://" not in link]
    return [link for link in links if not is_sound(path, *link.partition("#")[::2])]


def is_sound(page: Path, name: str, anchor: str) -> bool:
    """Return whether a file exists beside a page, and has a heading with that anchor."""
    target = (page.parent / name) if name else page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text(encoding="utf-8"))


def code_in(text: str) -> set[str]:
    """Return the inline code of a text."""
    return set(CODE.findall(prose(text)))


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a text in one language."""
    return [body for kind, body in FENCE.findall(text) if kind == language]
