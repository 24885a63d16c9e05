"""Who may use the API: whoever has a valid token, or a session with which the dashboard may be viewed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from ninja.security import APIKeyCookie
from ninja.security.http import HttpAuthBase

from ..models import ApiToken
from ..permissions import may_view
from . import limits, tokens
from .errors import ApiError, unauthorized

HEADER = "Authorization"


class BearerToken(HttpAuthBase):
    """A token in the header ``Authorization``. A token anywhere else, such as in the address, is not read."""

    openapi_scheme = "bearer"
    openapi_description = "A token that `manage.py lifecycle_api_token NAME` has created."

    @sensitive_variables("header", "token")
    def __call__(self, request: HttpRequest) -> ApiToken | None:
        """Return the token of a request, or ``None`` without the header; raises ``ApiError``.

        A wrong token is refused even with a valid session, so that a mistake is noticed.
        """
        header = request.headers.get(HEADER)
        if header is None:
            return None
        scheme, _space, token = header.partition(" ")
        if scheme.lower() != self.openapi_scheme:
            raise refused(request, _("The header “Authorization” must be “Bearer <token>”."))
        found = tokens.find(token.strip())
        if found is None:
            raise refused(
                request, _("This token is not valid, or was revoked: create one with lifecycle_api_token.")
            )
        limits.take(f"token {found.pk}")
        return found


class Session(APIKeyCookie):
    """The session of a user who may view the dashboard."""

    openapi_description = "The session cookie of a user who may view the dashboard."

    def __init__(self, param_name: str) -> None:
        self.param_name = param_name
        super().__init__()

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ANN401 - any user model
        """Return the user of a session, or ``None`` without one; raises ``ApiError``."""
        user = getattr(request, "user", AnonymousUser())
        if not user.is_authenticated:
            raise refused(
                request,
                _("Sign in, or send “Authorization: Bearer <token>” with a token from lifecycle_api_token."),
            )
        if not may_view(user):
            raise ApiError(
                403, _("This user may not view connections: ask for staff status and “Can view connection”.")
            )
        limits.take(f"user {user.pk}")
        return user


def refused(request: HttpRequest, detail: str) -> ApiError:
    """Return the error for a request without valid credentials; too many of them from one address must wait."""
    limits.take_refusal(request)
    return unauthorized(detail)
