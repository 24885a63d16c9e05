"""What pages complain of: errors in the console, uncaught exceptions, violations of the security policy."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, ConsoleMessage

#: Not every violation of the policy makes Chromium write to the console.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  console.error(`Policy violated: ${violatedDirective} by ${blockedURI} in ${sourceFile}:${lineNumber}`));
"""


class Faults:
    """The complaints of all pages of a test, but for those that it expects."""

    def __init__(self) -> None:
        """Begin without any."""
        self.seen: list[str] = []
        self.expected: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Listen to every page of a context, those to come as well."""
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self.hear)
        context.on("weberror", lambda fault: self.seen.append(f"Uncaught: {fault.error}"))

    def hear(self, message: ConsoleMessage) -> None:
        """Note an error in the console."""
        if message.type == "error":
            self.seen.append(f"{message.text} ({message.location['url']})")

    def expect(self, *patterns: str) -> None:
        """Let complaints pass that begin as one of these regular expressions says."""
        self.expected += patterns

    def unexpected(self) -> list[str]:
        """Return the complaints that no test expects."""
        return [fault for fault in self.seen if not any(re.match(pattern, fault) for pattern in self.expected)]
