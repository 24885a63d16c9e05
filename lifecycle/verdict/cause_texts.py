"""What each cause means to operators: what happened, who did it, and what to check next."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext_noop

from lifecycle.verdict.causes import Cause, Initiator


class Words(NamedTuple):
    """What an operator wants to know about a cause."""

    label: str
    meaning: str
    next: str


CAUSES: dict[Cause, Words] = {
    Cause.CLIENT_NORMAL: Words(
        gettext_noop("client closed normally"),
        gettext_noop("The client had finished and closed with 1000."),
        gettext_noop("Nothing to do."),
    ),
    Cause.CLIENT_GOING_AWAY: Words(
        gettext_noop("client left the page"),
        gettext_noop("The tab was closed or the user left the page; the browser closed with 1001."),
        gettext_noop("Nothing, unless many clients leave at once: then look for a page that reloads."),
    ),
    Cause.CLIENT_NO_STATUS: Words(
        gettext_noop("client gave no code"),
        gettext_noop("The client sent a close frame without a code, as close() without arguments does."),
        gettext_noop("Make the client call close(1000), so that its normal ends can be recognised."),
    ),
    Cause.CLIENT_APPLICATION: Words(
        gettext_noop("client closed with its own code"),
        gettext_noop("The client's code closed the connection on purpose, with a code of its own."),
        gettext_noop("Look up the code and the reason in the client's source."),
    ),
    Cause.PROTOCOL_ERROR: Words(
        gettext_noop("protocol error"),
        gettext_noop("A frame violated the protocol: it was not UTF-8, too large, or malformed."),
        gettext_noop(
            "1009 means too large, 1007 not UTF-8, 1002 a malformed frame; Daphne reports 1006 for all of them. "
            "Look for a large message, or for a proxy or library that rewrites frames."
        ),
    ),
    Cause.SERVER_NORMAL: Words(
        gettext_noop("application closed normally"),
        gettext_noop("The application had finished and closed with 1000."),
        gettext_noop("Nothing to do."),
    ),
    Cause.SERVER_APPLICATION: Words(
        gettext_noop("application closed with its own code"),
        gettext_noop("The application closed the connection on purpose, with a code of its own."),
        gettext_noop("Look up the code and the reason in the consumer that sent them."),
    ),
    Cause.SERVER_ERROR: Words(
        gettext_noop("application failed"),
        gettext_noop("The consumer raised an exception, or returned without closing the connection."),
        gettext_noop("Read the traceback in the process's log at this time. Check what the last release changed."),
    ),
    Cause.SERVER_TIMEOUT: Words(
        gettext_noop("server's time limit"),
        gettext_noop("The connection reached the server's limit for the age of a connection."),
        gettext_noop("If that is too early, raise the limit (Daphne: --websocket_timeout, 86400 s by default)."),
    ),
    Cause.SERVER_SHUTDOWN: Words(
        gettext_noop("server stopped"),
        gettext_noop("The server process shut down cleanly, as in a deploy."),
        gettext_noop("Check that the shutdown was planned and that the clients reconnected."),
    ),
    Cause.PROCESS_LOST: Words(
        gettext_noop("server process died"),
        gettext_noop("The process stopped sending heartbeats: it was killed, it crashed, or its host is gone."),
        gettext_noop("Look in the host's system log for the out-of-memory killer or a crash at this time."),
    ),
    Cause.NETWORK_LOST: Words(
        gettext_noop("connection lost"),
        gettext_noop(
            "The TCP connection broke without a close frame, shortly after the client was last heard from."
        ),
        gettext_noop(
            "Many at once: a proxy or the network. Always after the same time: the idle timeout of a proxy. A "
            "single one: the client's own network, or its browser was killed."
        ),
    ),
    Cause.HEARTBEAT_LOST: Words(
        gettext_noop("client fell silent"),
        gettext_noop("Nothing was heard from the client for longer than the ping interval. Neither side closed."),
        gettext_noop("A few are sleeping laptops and phones without reception. Many at once: check the network."),
    ),
    Cause.ABANDONED: Words(
        gettext_noop("client left before accept"),
        gettext_noop("The client disconnected before the application accepted or refused."),
        gettext_noop("Check how long handshakes take: slow authentication, a busy event loop, a slow database."),
    ),
    Cause.REJECTED: Words(
        gettext_noop("refused by the application"),
        gettext_noop("The application closed before it accepted. The client received HTTP 403 and no close code."),
        gettext_noop("Read the code that the application sent: 4401 means bad token, 4403 missing permission."),
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
        gettext_noop("The application raised an exception before it accepted."),
        gettext_noop("Read the traceback in this process's log at this time."),
    ),
    Cause.HANDSHAKE_TIMEOUT: Words(
        gettext_noop("handshake timed out"),
        gettext_noop("The application neither accepted nor refused in time."),
        gettext_noop(
            "Find out what connect() waits for. For bursts, raise the limit (Daphne: --websocket_connect_timeout)."
        ),
    ),
    Cause.UNKNOWN: Words(
        gettext_noop("unknown"),
        gettext_noop("The evidence fits more than one cause."),
        gettext_noop("Read this process's log at this time, and the client's report of this end."),
    ),
}

INITIATORS: dict[Initiator, str] = {
    Initiator.CLIENT: gettext_noop("client"),
    Initiator.SERVER: gettext_noop("server"),
    Initiator.NETWORK: gettext_noop("network"),
    Initiator.UNKNOWN: gettext_noop("unknown"),
}
