"""Texts that explain each cause to operators: what happened, who did it, and what to check next."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop

from lifecycle.verdict.causes import Cause, Initiator


class Words(NamedTuple):
    """The label of a cause, its meaning, and the next step for an operator."""

    label: str
    meaning: str
    next: str


CAUSES: dict[Cause, Words] = {
    Cause.CLIENT_NORMAL: Words(
        gettext_noop("client closed normally"),
        gettext_noop("The client was done and closed the connection with code 1000."),
        gettext_noop("Nothing to do."),
    ),
    Cause.CLIENT_GOING_AWAY: Words(
        gettext_noop("client left the page"),
        gettext_noop("The user closed the tab or left the page, and the browser sent code 1001."),
        gettext_noop("Nothing to do. If many clients leave at once, look for a page that keeps reloading."),
    ),
    Cause.CLIENT_NO_STATUS: Words(
        gettext_noop("client sent no code"),
        gettext_noop("The client sent a close frame without a code. A close() call without arguments does that."),
        gettext_noop("Call close(1000) in the client, so that its normal closes can be recognised."),
    ),
    Cause.CLIENT_APPLICATION: Words(
        gettext_noop("client closed with its own code"),
        gettext_noop("The client application closed the connection on purpose and chose the close code."),
        gettext_noop("Look up the code and the reason in the client's source code."),
    ),
    Cause.PROTOCOL_ERROR: Words(
        gettext_noop("protocol error"),
        gettext_noop("A frame violated the WebSocket protocol: it was malformed, too large, or not UTF-8."),
        gettext_noop(
            "Code 1009 means too large, 1007 not UTF-8, 1002 malformed. Daphne reports 1006 for all of them. "
            "Look for a large message, or for a proxy or library that rewrites frames."
        ),
    ),
    Cause.SERVER_NORMAL: Words(
        gettext_noop("application closed normally"),
        gettext_noop("The application was done and closed the connection with code 1000."),
        gettext_noop("Nothing to do."),
    ),
    Cause.SERVER_APPLICATION: Words(
        gettext_noop("application closed with its own code"),
        gettext_noop("The application closed the connection on purpose, with a code other than 1000."),
        gettext_noop("Look up the code and the reason in the consumer's source code."),
    ),
    Cause.SERVER_ERROR: Words(
        gettext_noop("application failed"),
        gettext_noop("The consumer raised an exception, or returned without closing the connection."),
        gettext_noop(
            "Read the traceback in the process's log at this time. Check the changes of the last release."
        ),
    ),
    Cause.SERVER_TIMEOUT: Words(
        gettext_noop("server's time limit"),
        gettext_noop("The connection reached the maximum duration that the server allows."),
        gettext_noop("If that is too short, raise the limit (Daphne: --websocket_timeout, 86400 s by default)."),
    ),
    Cause.SERVER_SHUTDOWN: Words(
        gettext_noop("server stopped"),
        gettext_noop("The server process shut down cleanly, as in a deploy."),
        gettext_noop("Check that the shutdown was planned and that the clients reconnected."),
    ),
    Cause.PROCESS_LOST: Words(
        gettext_noop("server process died"),
        gettext_noop("The process stopped sending heartbeats: it was killed, it crashed, or its host went down."),
        gettext_noop("Look in the host's system log for the out-of-memory killer or a crash at this time."),
    ),
    Cause.NETWORK_LOST: Words(
        gettext_noop("connection lost"),
        gettext_noop("The TCP connection ended without a close frame while the client was still active."),
        gettext_noop(
            "Many at once: check the proxies and the network. Always after the same duration: check the idle "
            "timeout of a proxy. Only a few: those clients lost their network, or their browsers were killed."
        ),
    ),
    Cause.HEARTBEAT_LOST: Words(
        gettext_noop("client fell silent"),
        gettext_noop("The client sent nothing for longer than the ping interval. Neither side closed."),
        gettext_noop("A few are normal: laptops sleep, phones lose reception. Many at once: check the network."),
    ),
    Cause.ABANDONED: Words(
        gettext_noop("client left before accept"),
        gettext_noop("The client disconnected before the application accepted or refused the connection."),
        gettext_noop("Find out why handshakes are slow: authentication, a busy event loop, or the database."),
    ),
    Cause.REJECTED: Words(
        gettext_noop("refused by the application"),
        gettext_noop("The application refused the connection. The client received HTTP 403 and no close code."),
        gettext_noop("Look up the code that was sent: 4401 means a bad token, 4403 a missing permission."),
    ),
    Cause.REJECTED_ORIGIN: Words(
        gettext_noop("refused: origin"),
        gettext_noop("A page from an origin that is not allowed tried to connect."),
        gettext_noop("If it is your own page, allow its origin (ALLOWED_ORIGINS or ALLOWED_HOSTS)."),
    ),
    Cause.REJECTED_UNMATCHED: Words(
        gettext_noop("refused: no route"),
        gettext_noop("No WebSocket route matches the path."),
        gettext_noop("Compare the path with the routes. Strange paths from unknown addresses come from scanners."),
    ),
    Cause.HANDSHAKE_ERROR: Words(
        gettext_noop("handshake failed"),
        gettext_noop("The application raised an exception before it accepted the connection."),
        gettext_noop("Read the traceback in the process's log at this time."),
    ),
    Cause.HANDSHAKE_TIMEOUT: Words(
        gettext_noop("handshake timed out"),
        gettext_noop("The application neither accepted nor refused the connection in time."),
        gettext_noop(
            "Find out what connect() waits for. If clients connect in bursts, raise the limit (Daphne: "
            "--websocket_connect_timeout)."
        ),
    ),
    Cause.UNKNOWN: Words(
        gettext_noop("unknown"),
        gettext_noop("The evidence fits more than one cause."),
        gettext_noop("Read the process's log at this time, and the client's report of the close."),
    ),
}

INITIATORS: dict[Initiator, str] = {
    Initiator.CLIENT: gettext_noop("client"),
    Initiator.SERVER: gettext_noop("server"),
    Initiator.NETWORK: gettext_noop("network"),
    Initiator.UNKNOWN: gettext_noop("unknown"),
}
