"""Texts of the status page's scripts, translated into the reader's language.

The script fills in the names in braces. ``.one`` and ``.other`` end the plural forms of a text.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from lifecycle.durations import unit_texts


def words() -> dict[str, str]:
    """Return the texts by the keys that the scripts use."""
    return {**state_words(), **close_words(), **form_words(), **log_words(), **unit_texts()}


def state_words() -> dict[str, str]:
    """Return a name for each state of the socket, and a sentence that explains it."""
    return {
        "state.connecting": _("Connecting"),
        "state.open": _("Open"),
        "state.closing": _("Closing"),
        "state.closed": _("Closed"),
        "state.waiting": _("Waiting"),
        "about.connecting": _("The handshake with the server is under way."),
        "about.open": _("The server has accepted the connection."),
        "about.closing": _("Waiting for the server to answer the close."),
        "about.closed": _("This page closed the connection and stays disconnected."),
        "about.waiting": _("The connection is lost. This page reconnects automatically."),
        "about.refused.one": _("Refused or unreachable: the browser does not say which. {n} failed attempt."),
        "about.refused.other": _("Refused or unreachable: the browser does not say which. {n} failed attempts."),
        "state.retry": _("Next try in {duration}"),
        "rtt.summary": _("Last {count}: {least} to {most}, median {median}"),
    }


def close_words() -> dict[str, str]:
    """Return the texts about the end of a connection. Close codes have their own, in `lifecycle.verdict`."""
    return {
        "close.clean": _("yes, the close handshake was completed"),
        "close.unclean": _("no, the close handshake was not completed"),
        "close.reason.none": _("none given"),
        "close.sent": _("{code} “{reason}”"),
        "close.code.none": _("No code"),
        "close.refused.name": _("refused or unreachable"),
        "close.refused.meaning": _(
            "The handshake failed before the socket opened. The browser does not say whether the server "
            "refused it or could not be reached."
        ),
        "close.refused.next": _(
            "Check that the server is up. If it is, look for this attempt among the refused connections."
        ),
        "close.unseen.name": _("not seen"),
        "close.unseen.meaning": _("The browser suspended the page before its connection ended."),
        "close.unseen.next": _("Look up the connection in the server's record."),
        "close.given_up.name": _("given up by the page"),
        "close.given_up.meaning": _(
            "The page gave up the connection before the server answered: somebody pressed Drop, or the server "
            "was silent for too long."
        ),
        "close.given_up.next": _("If nobody pressed Drop, check the network between this page and the server."),
    }


def form_words() -> dict[str, str]:
    """Return the error messages of the forms, and the labels of buttons that change."""
    return {
        "form.not_open": _("Nothing was sent: the socket is not open."),
        "form.nothing_to_drop": _("There is no open connection to drop."),
        "form.bad_code": _("A page may close with 1000, or with 3000 to 4999. Browsers refuse other codes."),
        "form.long_reason": _("The reason is {count} bytes of UTF-8; a close frame holds 123."),
        "form.reason_bytes": _("{count} of 123 bytes"),
        "form.empty_text": _("Type something to send."),
        "form.note_sent": _("Sent."),
        "log.pause": _("Pause"),
        "log.resume": _("Resume ({count} new)"),
    }


def log_words() -> dict[str, str]:
    """Return the kinds of log entries, and their sentences."""
    return {
        "kind.open": _("open"),
        "kind.sent": _("sent"),
        "kind.message": _("message"),
        "kind.close": _("close"),
        "kind.error": _("error"),
        "kind.page": _("page"),
        "log.open": _("the handshake is complete"),
        "log.retry": _("trying again in {duration}"),
        "log.connecting": _("connecting to {url}"),
        "log.closing": _("closing with {code}"),
        "log.reason": _("reason: {reason}"),
        "log.clean": _("clean"),
        "log.unclean": _("not clean"),
    }
