"""Removes the token from a handshake, so neither the application nor the server can record or log it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote, unquote_plus

from lifecycle.asgi_types import Scope
from lifecycle.capture.channels_hooks import facts_of

#: Clients send a token as the subprotocol ``token.<token>`` or as the query parameter ``token``.
SUBPROTOCOL_PREFIX = "token."
QUERY_PARAMETER = "token"
#: The key in the scope under which ``TokenAuthMiddleware`` finds the removed token.
HELD = "lifecycle_token"


@dataclass(frozen=True, slots=True)
class HeldToken:
    """A token that was removed from a handshake; its ``repr`` does not contain the token."""

    text: str = field(repr=False)


def hold_token(scope: Scope) -> HeldToken | None:
    """Move the token of a handshake to ``scope["lifecycle_token"]`` and return it; ``None`` if there is none.

    Changes the scope in place. Also changes the server's own scope, because Uvicorn logs the query string of that
    scope after the application has answered the handshake.
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
    """Return whether an offered subprotocol is a token, which some servers pass on percent-encoded."""
    return unquote(protocol).strip().startswith(SUBPROTOCOL_PREFIX)


def is_token_parameter(part: bytes) -> bool:
    """Return whether a ``name=value`` part of a query string is the token."""
    return unquote_plus(part.partition(b"=")[0].decode("latin-1")) == QUERY_PARAMETER


def conceal(scope: Scope) -> None:
    """Remove every token from a scope's subprotocols, headers and query string, in place."""
    protocols = [protocol for protocol in scope.get("subprotocols", ()) if not is_token(protocol)]
    headers = [header for header in scope.get("headers", ()) if header[0] != b"sec-websocket-protocol"]
    if protocols:
        headers.append((b"sec-websocket-protocol", ", ".join(protocols).encode("latin-1", "replace")))
    parts = scope.get("query_string", b"").split(b"&")
    scope["subprotocols"], scope["headers"] = protocols, headers
    scope["query_string"] = b"&".join(part for part in parts if not is_token_parameter(part))
