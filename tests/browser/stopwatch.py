"""Notes in a page when a text or a state changes, on the clock that all pages of the machine share."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.monitor import eventually

WATCH = """
window.sightings = [];
const note = (what, value) => window.sightings.push([what, value, Date.now()]);
new MutationObserver((changes) => {
  for (const { target } of changes) {
    const tile = (target.closest ?? (() => null)).call(target, "#tile-open [data-value]");
    if (tile) note("tile", tile.textContent);
    if (target.id === "state") note("state", target.dataset.state);
  }
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-state"] });
"""


def start(page: Page) -> None:
    """Watch a page from its next load on: the number of open connections, and the state of its socket."""
    page.add_init_script(WATCH)


def moment(page: Page, what: str, value: str) -> float:
    """Return when a thing last became this value, in seconds since the epoch."""
    find = "([what, value]) => window.sightings.findLast(([a, b]) => a === what && b === value)?.[2]"
    return eventually(lambda: page.evaluate(find, [what, value])) / 1000
