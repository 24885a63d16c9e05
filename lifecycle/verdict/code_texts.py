"""Texts that explain each close code: its name, its meaning, and what to check next."""

from __future__ import annotations

from typing import NamedTuple


def gettext_noop(text: str) -> str:
    """Mark a string for translation, like Django's ``gettext_noop``, but without importing Django."""
    return text


class Meaning(NamedTuple):
    """The name of a close code, its meaning, and the next step for an operator."""

    name: str
    meaning: str
    next: str


MEANINGS: dict[int, Meaning] = {
    1000: Meaning(
        gettext_noop("normal closure"),
        gettext_noop("The purpose of the connection was fulfilled."),
        gettext_noop("Nothing to do."),
    ),
    1001: Meaning(
        gettext_noop("going away"),
        gettext_noop("The user closed the tab or left the page, or the server is shutting down."),
        gettext_noop("Nothing to do. If the count jumps, look for a page that keeps reloading."),
    ),
    1002: Meaning(
        gettext_noop("protocol error"),
        gettext_noop("One side received a frame that violates RFC 6455."),
        gettext_noop("Look for a proxy or a client library that rewrites frames."),
    ),
    1003: Meaning(
        gettext_noop("unsupported data"),
        gettext_noop("The receiver does not accept this kind of data, for example binary instead of text."),
        gettext_noop("Compare the client's messages with those that the consumer can handle."),
    ),
    1005: Meaning(
        gettext_noop("no status received"),
        gettext_noop("The close frame contained no code."),
        gettext_noop("Call close(1000) in the client, so that its normal closes can be recognised."),
    ),
    1006: Meaning(
        gettext_noop("abnormal closure"),
        gettext_noop("The TCP connection ended without a close frame. No endpoint sends this code."),
        gettext_noop("Check the network, the idle timeouts of proxies, and server restarts at that time."),
    ),
    1007: Meaning(
        gettext_noop("invalid payload data"),
        gettext_noop("A text message was not valid UTF-8."),
        gettext_noop("Send binary data as binary frames."),
    ),
    1008: Meaning(
        gettext_noop("policy violation"),
        gettext_noop("A message violated the receiver's policy."),
        gettext_noop("Read the close reason and the receiver's log."),
    ),
    1009: Meaning(
        gettext_noop("message too big"),
        gettext_noop("A message was larger than the receiver accepts."),
        gettext_noop("Split the message, or raise the receiver's limit."),
    ),
    1010: Meaning(
        gettext_noop("mandatory extension"),
        gettext_noop("The client needed an extension that the server did not offer."),
        gettext_noop("Compare the extensions of the client with those of the server."),
    ),
    1011: Meaning(
        gettext_noop("internal error"),
        gettext_noop("The server failed while handling the connection."),
        gettext_noop("Read the server's log at that time: the consumer raised an exception."),
    ),
    1012: Meaning(
        gettext_noop("service restart"),
        gettext_noop("The server is restarting."),
        gettext_noop("Nothing to do if this was a deploy. Clients should reconnect after a random delay."),
    ),
    1013: Meaning(
        gettext_noop("try again later"),
        gettext_noop("The server is overloaded."),
        gettext_noop("Check the load and the limits. Clients should back off."),
    ),
    1014: Meaning(
        gettext_noop("bad gateway"),
        gettext_noop("A gateway received an invalid response from the server behind it."),
        gettext_noop("Read the proxy's log."),
    ),
    1015: Meaning(
        gettext_noop("TLS handshake"),
        gettext_noop("The TLS handshake failed. No endpoint sends this code."),
        gettext_noop("Check the certificate and the TLS versions."),
    ),
    3000: Meaning(
        gettext_noop("unauthorized"),
        gettext_noop("The endpoint requires credentials that the client did not provide."),
        gettext_noop("Check the client's session or token."),
    ),
    3003: Meaning(
        gettext_noop("forbidden"),
        gettext_noop("The client's credentials do not allow this."),
        gettext_noop("Check the user's permissions."),
    ),
    3008: Meaning(
        gettext_noop("timeout"),
        gettext_noop("The endpoint took too long to answer."),
        gettext_noop("Find out what the endpoint was waiting for."),
    ),
    4400: Meaning(
        gettext_noop("too many bad frames"),
        gettext_noop("The client sent ten invalid frames over the status socket."),
        gettext_noop("Compare the client's frames with the protocol of the status socket."),
    ),
    4401: Meaning(
        gettext_noop("bad token"),
        gettext_noop("The token is malformed, expired or revoked."),
        gettext_noop("Make the client fetch a new token before it connects."),
    ),
    4403: Meaning(
        gettext_noop("not allowed"),
        gettext_noop("The user may not use this endpoint."),
        gettext_noop("Grant the permission, or sign in as another user."),
    ),
    4408: Meaning(
        gettext_noop("client does not read"),
        gettext_noop("The client sent frames over the status socket, but did not read the answers."),
        gettext_noop("If the client is yours, let it read. Otherwise look for other connections of its address."),
    ),
}

CHECK_APPLICATION = gettext_noop("Look up the code in the application that sends it.")

#: The texts for codes that have no name, by range (RFC 6455 section 7.4.2).
RANGES: dict[str, Meaning] = {
    "1000-2999": Meaning(
        gettext_noop("reserved for the WebSocket protocol"),
        gettext_noop("This code is reserved for the WebSocket protocol and has no meaning yet."),
        gettext_noop("Look up the code in the IANA registry of WebSocket close codes."),
    ),
    "3000-3999": Meaning(
        gettext_noop("registered with IANA by a library or framework"),
        gettext_noop("A library or framework has registered this code with IANA."),
        gettext_noop("Look up the code in the library or framework that sends it."),
    ),
    "4000-4999": Meaning(
        gettext_noop("private: defined by the application"),
        gettext_noop("The application defines the meaning of this code."),
        CHECK_APPLICATION,
    ),
}


def describe(code: int) -> Meaning:
    """Return the name, meaning and next step for any code. A code without a name gets the texts of its range."""
    if code in MEANINGS:
        return MEANINGS[code]
    for limits, meaning in RANGES.items():
        low, high = (int(limit) for limit in limits.split("-"))
        if low <= code <= high:
            return meaning
    return Meaning(gettext_noop("out of range"), gettext_noop("Not a close code."), CHECK_APPLICATION)
