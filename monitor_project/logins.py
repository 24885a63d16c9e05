"""Limits failed logins (django-axes), and validates the password that the environment sets for the operator."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError
from django.http import HttpRequest

from lifecycle.capture import addresses


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, even behind trusted proxies; failed logins are counted by address."""
    scope = getattr(request, "scope", None) or scope_of(request)
    return addresses.address_text(addresses.client_address(scope), "full") or "unknown"


def scope_of(request: HttpRequest) -> dict[str, Any]:
    """Return the parts of an ASGI scope that name the client of a WSGI request."""
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.items()]
    return {"client": (request.META.get("REMOTE_ADDR", ""), 0), "headers": headers}


def client_text(username: str, address: str, user_agent: str, path: str, request: HttpRequest) -> str:
    """Return a text for the log that names a client. It has no username: people type passwords into that field."""
    return f"{address} at {request.path}"


def validate_operator(username: str, password: str) -> None:
    """Raise ``CommandError`` with the reasons if ``AUTH_PASSWORD_VALIDATORS`` refuse the operator's password."""
    try:
        validate_password(password, get_user_model()(**{get_user_model().USERNAME_FIELD: username}))
    except ValidationError as error:
        reasons = " ".join(error.messages)
        raise CommandError(f"MONITOR_ADMIN_PASSWORD cannot be used: {reasons} Choose another one.") from error
