"""The servers' implementations of the WebSocket protocol, and the traits of each that verdicts depend on.

A server can have several implementations: Uvicorn has three. So no rule, not even exactness, depends on a server's
name.
docs/servers.md has the observations.
"""

from __future__ import annotations

from typing import NamedTuple

from lifecycle.verdict.close_codes import CloseCode


class Implementation(NamedTuple):
    """The traits of one protocol implementation; the defaults describe an unknown implementation."""

    name: str = "unknown"
    #: Whether different ends can be told apart. If not, no verdict is exact, and nobody is blamed for a code that
    #: can have several causes.
    exact: bool = False
    #: Whether a disconnect message has a ``reason`` if, and only if, a close frame ended the connection.
    reason_means_close_frame: bool = False
    #: Whether its close frames contain the reason that the application gave.
    sends_reasons: bool = False
    #: The code that the client sees after the application raised an exception.
    error_code: int = CloseCode.ABNORMAL_CLOSURE
    #: The code that the client sees if the server stops.
    stop_code: int = CloseCode.ABNORMAL_CLOSURE


UNKNOWN = Implementation()
#: Daphne drops its connections if it stops, and its close frames contain no reason.
DAPHNE = Implementation("daphne", exact=True, error_code=CloseCode.INTERNAL_ERROR)
UVICORN = Implementation(
    exact=True, reason_means_close_frame=True, sends_reasons=True, stop_code=CloseCode.SERVICE_RESTART
)
UVICORN_SANSIO = UVICORN._replace(name="uvicorn-sansio")
UVICORN_WSPROTO = UVICORN._replace(name="uvicorn-wsproto")
#: Its messages have a ``reason`` after a lost connection, too.
UVICORN_WEBSOCKETS = UVICORN._replace(name="uvicorn-websockets", reason_means_close_frame=False)
