"""The view that issues WebSocket tokens to signed-in users."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from lifecycle import conf
from lifecycle.auth.tokens import make_token


@login_not_required
@cache_control(no_store=True)
@require_POST
@csrf_protect
def token(request: HttpRequest) -> JsonResponse:
    """Return ``{"token", "expires_in"}`` (in seconds) to a signed-in user, otherwise 401 and ``{"error"}``."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": _("Sign in first.")}, status=401)
    return JsonResponse({"token": make_token(request.user), "expires_in": conf.get("TOKEN_SECONDS")})
