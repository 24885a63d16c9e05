"""Reads sections, tables, code and links from the Markdown of the docs."""

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
    """Return the text below a heading, up to the next heading of the same or a higher level.

    A line of a code block that looks like a heading is none: it is a comment.
    """
    level = len(heading.partition(" ")[0])
    code = [range(*block.span()) for block in FENCE.finditer(text)]
    ends = (found.start() for found in re.finditer(rf"^#{{1,{level}}} ", text, re.MULTILINE))
    begin = re.search(rf"^{re.escape(heading)}\n", text, re.MULTILINE)
    assert begin, f"there is no heading {heading!r}"
    later = (end for end in ends if end >= begin.end() and not any(end in block for block in code))
    return text[begin.end() : next(later, len(text))]


def rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of each row of the tables in a text, without the heading rows."""
    heading = True
    for line in text.split("\n"):
        if not line.startswith("|"):
            heading = True
        elif set(line) <= set("|- "):
            heading = False
        elif not heading:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings of a page, as GitHub generates them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(prose(text)))
    return {heading.replace(" ", "-") for heading in plain}


def broken_links(path: Path) -> list[str]:
    """Return the links of a page whose file or heading does not exist; links to other sites are not checked."""
    links = [link for link in LINK.findall(prose(path.read_text(encoding="utf-8"))) if "://" not in link]
    return [link for link in links if not target_exists(path, *link.partition("#")[::2])]


def target_exists(page: Path, name: str, anchor: str) -> bool:
    """Return whether a file exists, relative to a page, and has a heading for the anchor, if there is one."""
    target = (page.parent / name) if name else page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target.read_text(encoding="utf-8"))


def code_in(text: str) -> set[str]:
    """Return the inline code of a text."""
    return set(CODE.findall(prose(text)))


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a text in one language."""
    return [body for name, body in FENCE.findall(text) if name == language]
