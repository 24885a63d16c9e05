"""Errors of the API: each is JSON with a word for programs and a sentence for people that names the remedy."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja.errors import HttpError, ValidationError

from ..explorer.filters import BadFilter

logger = logging.getLogger(__name__)

#: The word for each status.
WORDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    429: "too_many_requests",
    500: "internal",
}


class ApiError(Exception):
    """The API refuses a request. ``detail`` is a sentence that names the remedy."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


def answer(error: ApiError) -> HttpResponse:
    """Return the response for an error. A word of a header is separated by an underscore: ``Retry_After``."""
    body = {"error": WORDS.get(error.status, HTTPStatus(error.status).name.lower()), "detail": error.detail}
    response = JsonResponse(body, status=error.status)
    for name, value in error.headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def unauthorized(detail: str) -> ApiError:
    """Return the error for a request without valid credentials (RFC 6750 section 3)."""
    return ApiError(401, detail, WWW_Authenticate='Bearer realm="lifecycle"')


def not_found(detail: str = "") -> ApiError:
    """Return the error for an address or a row that does not exist."""
    return ApiError(404, detail or _("There is no such address: see the documentation page of the API."))


def too_many(seconds: int, detail: str) -> ApiError:
    """Return the error for a client that must wait for some seconds."""
    return ApiError(429, detail, Retry_After=str(seconds))


def method_not_allowed(method: str | None, allowed: str) -> ApiError:
    """Return the error for a method that an address does not have; ``allowed`` is a list such as ``GET``."""
    detail = _("This address does not accept %(method)s: use %(allowed)s.")
    return ApiError(405, detail % {"method": method, "allowed": allowed}, Allow=allowed)


def install(api: Any) -> None:  # noqa: ANN401 - a NinjaAPI, whose handlers are typed for classes of exceptions
    """Answer each kind of exception with an error of this form."""
    api.add_exception_handler(ApiError, lambda request, error: answer(error))
    api.add_exception_handler(BadFilter, lambda request, error: answer(ApiError(400, str(error))))
    api.add_exception_handler(ValidationError, lambda request, error: answer(malformed(error)))
    api.add_exception_handler(HttpError, lambda request, error: answer(refused(error)))
    api.add_exception_handler(Http404, lambda request, error: answer(not_found()))
    api.add_exception_handler(Exception, failed)


def malformed(error: ValidationError) -> ApiError:
    """Return the error for a parameter of the wrong type."""
    names = ", ".join(str(each["loc"][-1]) for each in error.errors)
    reasons = "; ".join(str(each["msg"]) for each in error.errors)
    detail = _("The value of %(names)s cannot be read: %(reasons)s.")
    return ApiError(400, detail % {"names": names, "reasons": reasons})


def refused(error: HttpError) -> ApiError:
    """Return the error for a refusal by the library; without credentials, the remedy is a token or a session."""
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return unauthorized(
            _("Sign in, or send the header “Authorization: Bearer <token>” with a token from lifecycle_api_token.")
        )
    return ApiError(error.status_code, str(error))


def failed(request: HttpRequest, error: Exception) -> HttpResponse:
    """Log an unexpected exception, and return the response for it, which says nothing about the inside."""
    logger.error("The API failed to answer %s", request.path, exc_info=error)
    return answer(ApiError(500, _("The server failed to answer: its log has the reason. Try again later.")))
