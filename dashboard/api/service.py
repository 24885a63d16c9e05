"""The API as one object: its addresses, who may use them, its errors, and its documentation page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger

from lifecycle import __version__
from lifecycle.csp import strict_csp

from . import access, errors, export, reads
from .errors import ApiError

NAMESPACE = "lifecycle_api"
DESCRIPTION = """\
Every WebSocket of this project: what is open now, the history, and each connection.

Sign in to the admin as a user who may view connections, or send a token of `manage.py lifecycle_api_token NAME`
in the header `Authorization: Bearer <token>`. Every error is `{"error": <word>, "detail": <what to do>}`.
"""
View = Callable[..., HttpResponse]
AUTH = [access.BearerToken(), access.Session(settings.SESSION_COOKIE_NAME)]


class LocalSwagger(Swagger):
    """The documentation page, from this site's own static files."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        """Render the page. Without the app, the library would load scripts from another host."""
        if not apps.is_installed("ninja"):
            raise errors.not_found(_("The documentation page is not installed: add “ninja” to INSTALLED_APPS."))
        return super().render_page(request, api, **kwargs)


def identify(request: HttpRequest) -> None:
    """Raise ``ApiError`` unless the request has a valid token or the session of a user who may view."""
    if not any(each(request) for each in AUTH):
        raise errors.unauthorized(_("Sign in, or send a token."))


def gated(view: View) -> View:
    """Ask for the same access to the schema and to its page; send visitors of the page to the login page."""

    @wraps(view)
    def with_access(request: HttpRequest, **kwargs: Any) -> HttpResponse:  # noqa: ANN401
        try:
            identify(request)
            return view(request, **kwargs)
        except ApiError as error:
            if error.status == 401 and wants_page(request):
                return redirect_to_login(request.get_full_path(), reverse("admin:login"))
            return errors.answer(error)

    return strict_csp(with_access)


def wants_page(request: HttpRequest) -> bool:
    """Return whether a person asks for the documentation page without a token."""
    match = request.resolver_match
    return bool(match and match.url_name == "openapi-view") and access.HEADER not in request.headers


api = NinjaAPI(
    title="WebSocket lifecycle monitor",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace=NAMESPACE,
    auth=AUTH,
    docs=LocalSwagger(),
    docs_url="/",
    docs_decorator=gated,
)
errors.install(api)
api.add_router("", reads.router)
api.add_router("", export.router)
