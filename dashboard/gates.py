"""Decorators of views that only users who may view the dashboard can open."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse

from .permissions import may_view

View = Callable[..., HttpResponse]


def gated_page(view: View) -> View:
    """Allow users who may view the dashboard; send anonymous users to the login page; refuse others with 403."""

    @wraps(view)
    def gated(request: HttpRequest) -> HttpResponse:
        if may_view(request.user):
            return view(request)
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.get_full_path(), reverse("admin:login"))

    return gated


def gated_read(view: View) -> View:
    """Allow users who may view the dashboard; answer all other requests with 403 and an empty JSON object."""

    @wraps(view)
    def gated(request: HttpRequest) -> HttpResponse:
        return view(request) if may_view(request.user) else JsonResponse({}, status=403)

    return gated
