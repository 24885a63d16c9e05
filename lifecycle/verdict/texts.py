"""Words for operators: for each cause what happened, who did it, and what to check next."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.translation import gettext, gettext_noop

from lifecycle.verdict import close_codes
from lifecycle.verdict.causes import Cause, Initiator


class Words(NamedTuple):
    """What an operator wants to know of a cause."""

    label: str
    meaning: str
    next: str


CAUSES: dict[Cause, Words] = {
    Cause.CLIENT_NORMAL: Words(
        gettext_noop("client closed normally"),
        gettext_noop("The client was done and closed with 1000."),
        gettext_noop("Nothing to do."),
    ),
    Cause.CLIENT_GOING_AWAY: Words(
        gettext_noop("client left the page"),
        gettext_noop("The tab was closed or the page was left; the browser said goodbye with 1001."),
        gettext_noop("Nothing, unless many leave at once: then look for a page that reloads."),
    ),
    Cause.CLIENT_NO_STATUS: Words(
        gettext_noop("client gave no code"),
        gettext_noop("The client closed in order and did not say why: close() without a code."),
        gettext_noop("Have the client call close(1000), so that its ends can be told apart."),
    ),
    Cause.CLIENT_APPLICATION: Words(
        gettext_noop("client closed with its own code"),
        gettext_noop("The client's program closed on purpose, with a code that it chose."),
        gettext_noop("Look up code and reason in the client's program."),
    ),
    Cause.PROTOCOL_ERROR: Words(
        gettext_noop("protocol error"),
        gettext_noop("A frame broke the protocol: not UTF-8, over the size limit, or damaged."),
        gettext_noop(
            "1009 is size, 1007 is UTF-8, 1002 is a bad frame; Daphne shows 1006 for all of them. Look for a "
            "large message, or a proxy or library that rewrites frames."
        ),
    ),
    Cause.SERVER_NORMAL: Words(
        gettext_noop("application closed normally"),
        gettext_noop("The application was done with this client and closed with 1000."),
        gettext_noop("Nothing to do."),
    ),
    Cause.SERVER_APPLICATION: Words(
        gettext_noop("application closed with its own code"),
        gettext_noop("The application closed on purpose, with a code that it chose."),
        gettext_noop("Look up code and reason in the consumer that sent them."),
    ),
    Cause.SERVER_ERROR: Words(
        gettext_noop("application failed"),
        gettext_noop("An exception left the consumer, or it returned without a close."),
        gettext_noop("Read the traceback in this process's log at this time; compare with the last release."),
    ),
    Cause.SERVER_TIMEOUT: Words(
        gettext_noop("server's time limit"),
        gettext_noop("The connection reached the age at which the server ends every connection."),
        gettext_noop("Raise the limit if that is too soon (Daphne: --websocket_timeout, 86400 s by default)."),
    ),
    Cause.SERVER_SHUTDOWN: Words(
        gettext_noop("server stopped"),
        gettext_noop("The server process stopped in order, as it does in a deploy."),
        gettext_noop("Check that the stop was planned, and that the clients came back."),
    ),
    Cause.PROCESS_LOST: Words(
        gettext_noop("server process died"),
        gettext_noop(
            "The process fell silent and took this connection with it: killed, crashed, or its host is gone."
        ),
        gettext_noop("Look for the out-of-memory killer and for crashes in the host's system log at this time."),
    ),
    Cause.NETWORK_LOST: Words(
        gettext_noop("connection lost"),
        gettext_noop("The TCP connection broke without a close frame, from a client heard of shortly before."),
        gettext_noop(
            "Many at once: a proxy or the network between. Always after the same time: an idle timeout of a "
            "proxy. One alone: the client's own network, or its program was killed."
        ),
    ),
    Cause.HEARTBEAT_LOST: Words(
        gettext_noop("client fell silent"),
        gettext_noop("Nothing was heard from the client for longer than the ping interval; nobody closed."),
        gettext_noop("A few are laptops asleep and phones out of reach. Many at once: look at the network."),
    ),
    Cause.ABANDONED: Words(
        gettext_noop("client left before accept"),
        gettext_noop("The client gave up while the application was still deciding."),
        gettext_noop("Look at how long handshakes take: slow sign-in, a busy event loop or database."),
    ),
    Cause.REJECTED: Words(
        gettext_noop("refused by the application"),
        gettext_noop("The application closed before it accepted. The client saw HTTP 403, and no code."),
        gettext_noop("Read the code that the application sent: 4401 is a bad token, 4403 a missing permission."),
    ),
    Cause.REJECTED_ORIGIN: Words(
        gettext_noop("refused: origin"),
        gettext_noop("A page of an origin that is not allowed tried to connect."),
        gettext_noop("If the page is your own, allow its origin (ALLOWED_ORIGINS or ALLOWED_HOSTS)."),
    ),
    Cause.REJECTED_UNMATCHED: Words(
        gettext_noop("refused: no route"),
        gettext_noop("No WebSocket route matches the path."),
        gettext_noop("Compare the path with the routes. Odd paths from strangers are scanners."),
    ),
    Cause.HANDSHAKE_ERROR: Words(
        gettext_noop("handshake failed"),
        gettext_noop("An exception left the application before it accepted."),
        gettext_noop("Read the traceback in this process's log at this time."),
    ),
    Cause.HANDSHAKE_TIMEOUT: Words(
        gettext_noop("handshake timed out"),
        gettext_noop("The application neither accepted nor refused in time."),
        gettext_noop(
            "Look for what connect() waits for. In a burst, raise the limit (Daphne: --websocket_connect_timeout)."
        ),
    ),
    Cause.UNKNOWN: Words(
        gettext_noop("unknown"),
        gettext_noop("What was seen does not tell one cause from another."),
        gettext_noop("Read this process's log at this time, and what the client says it saw."),
    ),
}

INITIATORS: dict[Initiator, str] = {
    Initiator.CLIENT: gettext_noop("client"),
    Initiator.SERVER: gettext_noop("server"),
    Initiator.NETWORK: gettext_noop("network"),
    Initiator.UNKNOWN: gettext_noop("unknown"),
}


def cause_words(cause: str) -> Words:
    """Return the translated words for a cause, also for one that a later version may have written."""
    known = CAUSES[Cause(cause)] if cause in CAUSES else Words(cause, "", "")
    return Words(*(gettext(text) if text else "" for text in known))


def initiator_label(initiator: str) -> str:
    """Return the translated name of who ended a connection."""
    return gettext(INITIATORS[Initiator(initiator)]) if initiator in INITIATORS else initiator


def code_words(code: int) -> close_codes.Meaning:
    """Return the translated name, meaning and next step of a close code."""
    return translated(close_codes.describe(code))


def translated(meaning: close_codes.Meaning) -> close_codes.Meaning:
    """Return a meaning in the reader's language."""
    return close_codes.Meaning(*(gettext(text) for text in meaning))


def vocabulary() -> dict[str, Any]:
    """Return all texts as plain data for the dashboard: ``causes``, ``codes`` and ``code_ranges``."""
    return {"causes": {cause.value: described(cause) for cause in CAUSES}, **code_vocabulary()}


def code_vocabulary() -> dict[str, Any]:
    """Return what close codes mean, for static/lifecycle/js/kit/close_codes.js: ``codes`` and ``code_ranges``."""
    return {
        "codes": {str(code): code_words(code)._asdict() for code in close_codes.MEANINGS},
        "code_ranges": {limits: translated(texts)._asdict() for limits, texts in close_codes.RANGES.items()},
    }


def described(cause: Cause) -> dict[str, Any]:
    """Return one cause as plain data."""
    return {
        **cause_words(cause)._asdict(),
        "abnormal": cause.abnormal,
        "initiator": cause.initiator.value,
    }
