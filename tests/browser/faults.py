"""Records faults of pages: console errors, uncaught exceptions, violations of the Content-Security-Policy."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage

#: Reports violations of the policy in the console, because Chromium does not report all of them there.
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
        """Record the faults of all present and future pages of a context."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self.record)
        context.on("weberror", lambda fault: self.seen.append(f"Uncaught: {fault.error}"))

    def record(self, message: ConsoleMessage) -> None:
        """Record a console message if it is an error."""
        if message.type == "error":
            self.seen.append(f"{message.text} ({message.location['url']})")

    def expect(self, *patterns: str) -> None:
        """Allow faults whose text starts with a match of any of these regular expressions."""
        self.expected += patterns

    def unexpected(self) -> list[str]:
        """Return the faults that the test did not allow with ``expect``."""
        return [fault for fault in self.seen if not any(re.match(pattern, fault) for pattern in self.expected)]
