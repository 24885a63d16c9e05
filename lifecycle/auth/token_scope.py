"""Takes the token out of a handshake, so that neither the application nor the server can record or log it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from lifecycle.asgi_types import Scope
from lifecycle.capture.channels_hooks import facts_of

#: How clients bring a token: as a subprotocol ``token.<token>``, or as ``?token=<token>``.
SUBPROTOCOL_PREFIX = "token."
QUERY_PARAMETER = "token"
#: Where a token that was taken out of the handshake waits for ``TokenAuthMiddleware``.
HELD = "lifecycle_token"


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token that was taken out of a handshake; its ``repr`` does not show it."""

    text: str = field(repr=False)


def hold_token(scope: Scope) -> HeldToken | None:
    """Take the token out of a handshake and hold it at ``scope["lifecycle_token"]``; ``None`` without one.

    Changes the scope in place, and the server's own with it: Uvicorn writes the query string of that one into its
    access log once the application has answered.
    """
    if HELD not in scope:
        tokens = [*tokens_offered(scope), *tokens_in_query(scope)]
        scope[HELD] = HeldToken(tokens[0]) if tokens else None
        if tokens:
            facts = facts_of(scope)
            conceal(scope)
            if facts is not None and facts.handshake.server_scope is not None:
                conceal(facts.handshake.server_scope)
    return scope[HELD]


def tokens_offered(scope: Scope) -> Iterator[str]:
    """Yield the tokens among the offered subprotocols."""
    for protocol in scope.get("subprotocols", ()):
        if is_token(protocol):
            yield unquote(protocol).strip().removeprefix(SUBPROTOCOL_PREFIX)


def tokens_in_query(scope: Scope) -> Iterator[str]:
    """Yield the tokens in the query string."""
    for part in scope.get("query_string", b"").split(b"&"):
        if is_token_parameter(part):
            yield unquote_plus(part.partition(b"=")[2].decode("latin-1"))


def is_token(protocol: str) -> bool:
    """Tell whether an offered subprotocol is a token; some servers leave percent signs as they are."""
    return unquote(protocol).strip().startswith(SUBPROTOCOL_PREFIX)


def is_token_parameter(part: bytes) -> bool:
    """Tell whether a part of a query string is the token."""
    return unquote_plus(part.partition(b"=")[0].decode("latin-1")) == QUERY_PARAMETER


def conceal(scope: Scope) -> None:
    """Take every token out of a scope's subprotocols, headers and query string, in place."""
    protocols = [one for one in scope.get("subprotocols", ()) if not is_token(one)]
    headers = [header for header in scope.get("headers", ()) if header[0] != b"sec-websocket-protocol"]
    if protocols:
        headers.append((b"sec-websocket-protocol", ", ".join(protocols).encode("latin-1", "replace")))
    parts = scope.get("query_string", b"").split(b"&")
    scope["subprotocols"], scope["headers"] = protocols, headers
    scope["query_string"] = b"&".join(part for part in parts if not is_token_parameter(part))
