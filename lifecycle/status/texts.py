"""Words that the status page's script shows, translated for the reader of the page."""

from __future__ import annotations

from django.utils.translation import gettext as _

# A name in braces is filled in by the script.


def words() -> dict[str, str]:
    """Return the words by the keys that the script knows them by."""
    return {**state_words(), **close_words(), **form_words(), **log_words()}


def state_words() -> dict[str, str]:
    """Return a name for each state of the socket, and a sentence that explains it."""
    return {
        "state_connecting": _("Connecting"),
        "state_open": _("Open"),
        "state_closing": _("Closing"),
        "state_closed": _("Closed"),
        "state_waiting": _("Waiting"),
        "about_connecting": _("Shaking hands with the server."),
        "about_open": _("The server has accepted the connection."),
        "about_closing": _("Waiting for the server to answer the close."),
        "about_closed": _("This page closed the connection and stays disconnected."),
        "about_waiting": _("The connection is gone. This page tries again by itself."),
        "about_refused": _("Refused or unreachable: the browser does not say which. Failed tries: {count}."),
        "next_try": _("Next try in {duration}"),
        "round_trips": _("Last {count}: {least} to {most}, median {median}"),
    }


def close_words() -> dict[str, str]:
    """Return the words for the end of a connection."""
    return {
        "clean": _("yes, both sides said goodbye"),
        "not_clean": _("no, the close handshake was not completed"),
        "no_reason": _("none given"),
        "code_and_reason": _("{code} “{reason}”"),
        "code_unknown": _("No code"),
        "refused_name": _("refused or unreachable"),
        "refused_meaning": _(
            "The handshake failed before the socket opened. The browser does not say whether the server "
            "refused it or could not be reached."
        ),
        "refused_next": _("Check that the server is up; if it is, look for this page among its refusals."),
        "unseen_name": _("not seen"),
        "unseen_meaning": _("The browser put the page aside before its connection ended."),
        "unseen_next": _("Look the connection up in the server's record."),
        "given_up_name": _("given up by the page"),
        "given_up_meaning": _(
            "The page was told to drop, or heard nothing in time, and gave the connection up before the "
            "server answered."
        ),
        "given_up_next": _("If nobody pressed Drop, look at the network between this page and the server."),
        "protocol_name": _("reserved"),
        "protocol_meaning": _("Reserved for the WebSocket protocol."),
        "protocol_next": _("Look it up in the IANA registry of close codes."),
        "registered_name": _("registered"),
        "registered_meaning": _("Registered with IANA by a library or framework."),
        "registered_next": _("Look it up in the library or framework that sends it."),
        "private_name": _("application's own"),
        "private_meaning": _("Private: what it means is up to the application."),
        "private_next": _("Look up the code in the application that sends it."),
    }


def form_words() -> dict[str, str]:
    """Return what the forms say when they cannot do as asked, and what their buttons say."""
    return {
        "not_open": _("Nothing was sent: the socket is not open."),
        "nothing_to_drop": _("There is no open connection to drop."),
        "bad_code": _("A page may close with 1000, or with 3000 to 4999. The other codes are not for scripts."),
        "long_reason": _("The reason is {count} bytes of UTF-8; a close frame holds 123."),
        "reason_bytes": _("{count} of 123 bytes"),
        "empty_text": _("Type something to send."),
        "note_sent": _("Sent."),
        "pause": _("Pause"),
        "resume": _("Resume ({count} new)"),
    }


def log_words() -> dict[str, str]:
    """Return the kinds of log entries, and their sentences."""
    return {
        "kind_open": _("open"),
        "kind_sent": _("sent"),
        "kind_message": _("message"),
        "kind_close": _("close"),
        "kind_error": _("error"),
        "kind_page": _("page"),
        "log_open": _("the handshake is complete"),
        "log_retry": _("trying again in {duration}"),
        "log_connecting": _("connecting to {url}"),
        "log_closing": _("closing with {code}"),
        "log_reason": _("reason: {reason}"),
        "log_clean": _("clean"),
        "log_not_clean": _("not clean"),
    }
