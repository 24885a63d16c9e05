"""Checks the origin of a handshake, unless the client authenticates with a token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from channels.security.websocket import OriginValidator, WebsocketDenier
from django.conf import settings
from django.utils.http import is_same_domain

from lifecycle.asgi_types import Application, Receive, Scope, Send
from lifecycle.auth.token_scope import hold_token

#: The default ports of the schemes that a page's origin may have.
DEFAULT_PORTS = {"http": 80, "https": 443}
#: The headers that show that a proxy has passed the handshake on. The scripts of a page cannot set them.
PROXY_HEADERS = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-proto")


class Target(NamedTuple):
    """Where a handshake was sent to. Unknown values are ``None``."""

    #: The host and the port in the Host header.
    host: str | None
    port: int | None
    #: The scheme of pages on that host.
    scheme: str | None
    #: The port on which the server itself received the handshake, if no proxy is seen.
    own_port: int | None


class OriginOrTokenValidator(OriginValidator):
    """Channels' origin check, applied only to clients that it protects: browsers that send cookies.

    It belongs outside the session and authentication middlewares. A request without an Origin header does not come
    from a browser (RFC 6455 section 10.2), so it passes. A request with a token also passes, but its cookies
    are removed, so only the token authenticates it.

    This check is stricter than the one in Channels. If an entry names neither scheme nor port, an origin must also
    have the scheme and the port of the handshake, as far as they are known. Browsers send cookies to every port of
    a host, so a page on another port could otherwise act for the user.
    """

    def __init__(self, application: Application, allowed_origins: Sequence[str]) -> None:
        super().__init__(application, allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:  # noqa: ANN401 - the application's
        """Call the application, or refuse the handshake if its origin is not allowed."""
        if scope["type"] != "websocket":
            return await super().__call__(scope, receive, send)
        if hold_token(scope) is not None:
            return await self.application(without_cookies(scope), receive, send)
        origins = headers(scope, b"origin")
        if all(self.allows(origin, scope) for origin in origins):
            return await self.application(scope, receive, send)
        return await WebsocketDenier()(scope, receive, send)

    def allows(self, text: str, scope: Scope) -> bool:
        """Return whether an origin may open a socket with this handshake."""
        origin = parse(text)
        if origin is None:
            return False
        target = target_of(scope)
        return any(entry == "*" or self.matches(origin, entry.lower(), target) for entry in self.allowed_origins)

    def matches(self, origin: SplitResult, entry: str, target: Target) -> bool:
        """Return whether an origin matches one entry of the allowed origins."""
        if "://" in entry:
            return bool(self.match_allowed_origin(origin, entry))
        allowed = parse(f"//{entry}")
        if allowed is None or not is_same_domain(origin.hostname or "", allowed.hostname or entry):
            return False
        if origin.scheme not in DEFAULT_PORTS:
            return False
        if allowed.port is not None:
            return allowed.port == port_of(origin)
        return has_scheme_of(origin, target) and has_port_of(origin, target)


def has_scheme_of(origin: SplitResult, target: Target) -> bool:
    """Return whether an origin has the scheme of the handshake, or that scheme is unknown.

    The scheme is unknown behind a proxy that ends TLS. But a page on the server's own port came from this server,
    which does not end TLS.
    """
    if target.scheme is None and target.own_port == target.port == port_of(origin):
        return origin.scheme == "http"
    return target.scheme in (None, origin.scheme)


def has_port_of(origin: SplitResult, target: Target) -> bool:
    """Return whether an origin has the port of the handshake.

    A Host header without a port stands for the default port of the origin's scheme. A proxy that replaces the host
    replaces the port with it, so an origin on another host may also have its default port.
    """
    default = DEFAULT_PORTS[origin.scheme]
    if origin.hostname != target.host and port_of(origin) == default:
        return True
    return (target.port or default) == port_of(origin)


def target_of(scope: Scope) -> Target:
    """Return where a handshake was sent to."""
    hosts = headers(scope, b"host")
    host = parse(f"//{hosts[0]}") if hosts else None
    return Target(host and host.hostname, host and host.port, scheme_of(scope), own_port(scope))


def own_port(scope: Scope) -> int | None:
    """Return the port on which the server received a handshake; ``None`` if unknown or if a proxy passed it on."""
    if any(headers(scope, name) for name in PROXY_HEADERS):
        return None
    _, port = scope.get("server") or (None, None)
    return port


def scheme_of(scope: Scope) -> str | None:
    """Return ``https`` or ``http`` for a handshake; ``None`` if a proxy may have ended TLS unnoticed.

    Like Django, this function believes the header that ``SECURE_PROXY_SSL_HEADER`` names.
    """
    if scope.get("scheme") == "wss":
        return "https"
    if not settings.SECURE_PROXY_SSL_HEADER:
        return None
    name, secure = settings.SECURE_PROXY_SSL_HEADER
    values = headers(scope, name.removeprefix("HTTP_").replace("_", "-").lower().encode("ascii"))
    return "https" if values and values[0].split(",")[0].strip() == secure else "http"


def headers(scope: Scope, wanted: bytes) -> list[str]:
    """Return the values of a header; ``wanted`` is its name in lower case."""
    return [value.decode("latin-1") for name, value in scope.get("headers", ()) if name == wanted]


def parse(address: str) -> SplitResult | None:
    """Return the parts of an origin or a host, or ``None`` if it cannot be parsed or has no host."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def port_of(origin: SplitResult) -> int | None:
    """Return the port of an origin; without one, the default port of its scheme."""
    return origin.port if origin.port is not None else DEFAULT_PORTS.get(origin.scheme)


def without_cookies(scope: Scope) -> Scope:
    """Return a copy of a scope without its cookies."""
    return {**scope, "headers": [header for header in scope["headers"] if header[0] != b"cookie"]}
