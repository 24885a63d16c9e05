"""The texts of the status page's scripts, translated into the reader's language.

The scripts replace the names in braces with values. Two keys that differ only in their endings ``.one`` and
``.other`` are the singular and the plural of a text.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from lifecycle.durations import unit_texts


def words() -> dict[str, str]:
    """Return all texts, by the keys that the scripts use."""
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
        "about.refused.one": _("Refused or unreachable: browsers do not report which. {n} failed attempt."),
        "about.refused.other": _("Refused or unreachable: browsers do not report which. {n} failed attempts."),
        "state.retry": _("Next try in {duration}"),
        "rtt.summary": _("Last {count}: {least} to {most}, median {median}"),
    }


def close_words() -> dict[str, str]:
    """Return the texts about the end of a connection; the texts about close codes are in ``lifecycle.verdict``."""
    return {
        "close.clean": _("yes, the close handshake was completed"),
        "close.unclean": _("no, the close handshake was not completed"),
        "close.reason.none": _("none given"),
        "close.sent": _("{code} “{reason}”"),
        "close.code.none": _("No code"),
        "close.refused.name": _("refused or unreachable"),
        "close.refused.meaning": _(
            "The handshake failed before the socket opened. Browsers do not report whether the server refused "
            "the handshake or could not be reached."
        ),
        "close.refused.next": _(
            "Check that the server is up. If it is, look for this attempt in the list of refused connections."
        ),
        "close.unseen.name": _("end not seen"),
        "close.unseen.meaning": _("The browser suspended the page before its connection ended."),
        "close.unseen.next": _("Look up the connection ID in the admin."),
        "close.given_up.name": _("given up by the page"),
        "close.given_up.meaning": _(
            "The page gave up the connection without waiting for the server: either somebody pressed Drop, or the "
            "server did not answer in time."
        ),
        "close.given_up.next": _("If nobody pressed Drop, check the network between this page and the server."),
    }


def form_words() -> dict[str, str]:
    """Return the error messages of the forms, and the labels of buttons that change."""
    return {
        "form.not_open": _("Nothing was sent: the socket is not open."),
        "form.nothing_to_drop": _("There is no open connection to drop."),
        "form.bad_code": _("A page may close with 1000, or with 3000 to 4999. Browsers do not allow other codes."),
        "form.long_reason": _("The reason is {count} bytes of UTF-8. The limit in a close frame is 123 bytes."),
        "form.reason_bytes": _("{count} of 123 bytes"),
        "form.empty_text": _("Enter a text to send."),
        "form.note_sent": _("Sent."),
        "log.pause": _("Pause"),
        "log.resume": _("Resume ({count} new)"),
    }


def log_words() -> dict[str, str]:
    """Return the labels and the texts of log entries."""
    return {
        "kind.open": _("open"),
        "kind.sent": _("sent"),
        "kind.message": _("message"),
        "kind.close": _("close"),
        "kind.error": _("error"),
        "kind.page": _("page"),
        "log.open": _("the handshake is complete"),
        "log.retry": _("reconnecting in {duration}"),
        "log.connecting": _("connecting to {url}"),
        "log.closing": _("closing with {code}"),
        "log.reason": _("reason: {reason}"),
        "log.clean": _("clean"),
        "log.unclean": _("not clean"),
    }
