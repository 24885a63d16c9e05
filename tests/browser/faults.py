"""Faults of pages: console errors, uncaught exceptions, violations of the Content-Security-Policy."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage

#: Not every violation of the policy makes Chromium write to the console.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  console.error(`Policy violated: ${violatedDirective} by ${blockedURI} in ${sourceFile}:${lineNumber}`));
"""


class Faults:
    """The faults of all pages of a test."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.expected: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Watch every present and future page of a context."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self.hear)
        context.on("weberror", lambda fault: self.seen.append(f"Uncaught: {fault.error}"))

    def hear(self, message: ConsoleMessage) -> None:
        """Note an error in the console."""
        if message.type == "error":
            self.seen.append(f"{message.text} ({message.location['url']})")

    def expect(self, *patterns: str) -> None:
        """Expect faults that match one of these regular expressions at their start."""
        self.expected += patterns

    def unexpected(self) -> list[str]:
        """Return the faults that the test does not expect."""
        return [fault for fault in self.seen if not any(re.match(pattern, fault) for pattern in self.expected)]
