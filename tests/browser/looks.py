"""Checks of a page's layout: text that is cut off, texts that overlap, series that are missing from charts."""

from __future__ import annotations

from playwright.sync_api import Page

#: Text for screen readers and text in boxes that scroll never counts as cut off or overlapping.
HELPERS = """
const unseen = (element) => !element.checkVisibility() || getComputedStyle(element).clipPath !== "none";
const hidden = (element) => element !== null && (unseen(element) || hidden(element.parentElement));
const scrolls = (element) => element.closest(".scroll, .log-box");
const words = (element) => element.textContent.trim().replace(/\\s+/g, " ").slice(0, 60);
"""
CUT_OFF = f"""(root) => {{
  {HELPERS}
  const cut = (e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1;
  return [...document.querySelectorAll(`${{root}} *`)]
    .filter((e) => words(e) && e.matches(":not(input, select, option, svg, svg *)"))
    .filter((e) => cut(e) && !hidden(e) && !scrolls(e))
    .map((e) => `${{e.tagName}}.${{e.className}} ${{words(e)}}`);
}}"""
OVERLAPPING = f"""(root) => {{
  {HELPERS}
  const walker = document.createTreeWalker(document.querySelector(root), NodeFilter.SHOW_TEXT);
  const lines = [];
  while (walker.nextNode()) {{
    const node = walker.currentNode;
    if (!node.data.trim() || hidden(node.parentElement) || scrolls(node.parentElement) ||
      node.parentElement.closest(".legend")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) lines.push([box, node]);
  }}
  const shared = (a, b) => [Math.min(a.right, b.right) - Math.max(a.left, b.left),
                            Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
  return lines.flatMap(([a, node], i) => lines.slice(i + 1)
    .filter(([b, other]) => node !== other && shared(a, b).every((length) => length > 3))
    .map(([, other]) => `${{node.data.trim()}} | ${{other.data.trim()}}`));
}}"""
#: A colour counts as drawn if some pixel has nearly the same colour. Areas are half transparent, so the values of
#: their pixels are rounded.
NOT_DRAWN = """([canvas, legend]) => {
  const chart = document.querySelector(canvas);
  const { data } = chart.getContext("2d").getImageData(0, 0, chart.width, chart.height);
  const drawn = ([r, g, b]) => {
    for (let i = 0; i < data.length; i += 4) {
      const far = Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b);
      if (data[i + 3] > 64 && far < 10) return true;
    }
    return false;
  };
  const colour = (entry) => getComputedStyle(entry.querySelector(".swatch")).backgroundColor.match(/\\d+/g);
  return [...document.querySelectorAll(`${legend} li`)]
    .filter((entry) => entry.querySelector(".amount").textContent !== "0" && !drawn(colour(entry)))
    .map((entry) => entry.textContent);
}"""
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def cut_off(page: Page, root: str) -> list[str]:
    """Return the texts that are cut off by their boxes."""
    return page.evaluate(CUT_OFF, root)


def overlapping(page: Page, root: str) -> list[str]:
    """Return the pairs of texts that overlap by more than 3 pixels in both directions."""
    return page.evaluate(OVERLAPPING, root)


def not_drawn(page: Page, chart: str) -> list[str]:
    """Return the legend entries with a number other than 0 whose colour has no pixel in the chart."""
    return page.evaluate(NOT_DRAWN, [f"#chart-{chart}", f"#{chart}-legend"])


def sideways(page: Page) -> int:
    """Return the width of a page minus the width of its window, in pixels."""
    return page.evaluate(SIDEWAYS)
