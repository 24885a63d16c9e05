"""The base class of the witnesses.

A witness reads evidence about the end of a connection from the server's own protocol object. That object knows
more than the ASGI messages contain, but it is private to the server. So every access is guarded. If an attribute
is missing, the cause of the end is determined from the ASGI messages alone.
"""

from __future__ import annotations

from typing import Any

from lifecycle.verdict.facts import Evidence, Facts, Hint
from lifecycle.verdict.implementations import UNKNOWN, Implementation


class Witness:
    """The witness for an unknown server; it has no evidence."""

    __slots__ = ("protocol",)
    implementation: Implementation = UNKNOWN
    #: The evidence before the end: only the implementation.
    evidence = Evidence()
    #: Whether the server works as usual while a ``receive()`` is pending. Only then may the monitor call
    #: ``receive()`` for a busy application. Granian, for example, delays a close until the ``receive()`` returns.
    tolerates_pending_receive = False
    #: Whether the server keeps a connection open after its application returned without closing it.
    keeps_zombies = False
    #: Whether the server answers the handshake some time after it has taken the accept.
    opens_later = False

    def __init__(self, protocol: Any = None) -> None:  # noqa: ANN401 - of any server
        """Read from the server's protocol object."""
        self.protocol = protocol

    def gone(self) -> bool:
        """Return whether the transport is known to be closed."""
        return False

    async def wait_for_answer(self) -> None:
        """Wait until the server has answered the handshake; only called if ``opens_later``."""

    def is_open(self) -> bool:
        """Return whether the server opened the connection after it took the accept; true if unknown."""
        return True

    def refused_accept(self) -> bool:
        """Return whether the server refused the accept; if not, the client has left. Not called if it is open."""
        return False

    def is_closing(self) -> bool:
        """Return whether a close frame has been sent or received, or the transport is closed; true if unknown."""
        return True

    def close_on_the_wire(self, facts: Facts) -> tuple[int, str] | None:
        """Return the code and the reason of the first close frame: 1006 if there was none, ``None`` if unknown.

        Only called if the connection is closing.
        """
        return None

    def testify(self, facts: Facts) -> Evidence:
        """Return the evidence about the end of a connection."""
        return self.evidence

    def hint(self, facts: Facts) -> Hint | None:
        """Return why the connection ended; ``None`` if the protocol object does not say."""
        return None
