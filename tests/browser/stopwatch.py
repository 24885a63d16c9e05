"""Records the times at which a text or a state changes in a page. All pages use the same clock of the machine."""

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
    """From the next load of a page, record changes of its number of open connections and of its socket's state."""
    page.add_init_script(WATCH)


def moment(page: Page, what: str, value: str) -> float:
    """Return the Unix time in seconds at which "tile" or "state" last changed to this value."""
    find = "([what, value]) => window.sightings.findLast(([a, b]) => a === what && b === value)?.[2]"
    return eventually(lambda: page.evaluate(find, [what, value])) / 1000
