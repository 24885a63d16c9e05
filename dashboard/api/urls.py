"""The URLs of the API, for ``path("api/v1/", include("lifecycle_dashboard.api.urls"))``."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from . import errors
from .service import NAMESPACE, api

View = Callable[..., HttpResponse]


def explained(view: View) -> View:
    """Answer a method that an address does not have with an error in JSON."""

    @csrf_exempt
    @wraps(view, updated=())
    def with_errors(request: HttpRequest, **kwargs: Any) -> HttpResponse:  # noqa: ANN401 - parts of the address
        response = view(request, **kwargs)
        if response.status_code == 405:
            return errors.answer(errors.method_not_allowed(request.method, response.headers["Allow"]))
        return response

    return with_errors


@csrf_exempt
def missing(request: HttpRequest, rest: str) -> HttpResponse:
    """Answer an address that the API does not have."""
    return errors.answer(errors.not_found())


found: list[Any] = api.urls[0]
app_name = NAMESPACE
urlpatterns = [
    *(URLPattern(each.pattern, explained(each.callback), each.default_args, each.name) for each in found),
    path("<path:rest>", missing),
]
