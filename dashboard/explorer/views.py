"""The views of the explorer: the page, and its newest rows for the script of the page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from lifecycle.csp import strict_csp
from lifecycle.search.addresses import TooManyAddresses

from ..gates import gated_page, gated_read
from ..texts import words
from . import page, paging
from .columns import DEFAULT
from .filters import BadFilter
from .query import search_for

TEMPLATE = "lifecycle_dashboard/connections.html"


@strict_csp
@never_cache
@require_safe
@gated_page
def connections(request: HttpRequest) -> HttpResponse:
    """Render the list of connections; answer with 400 and a sentence if a filter is wrong."""
    now = timezone.now()
    try:
        wanted = page.asked(request.GET, now)
        if not page.is_tidy(request.GET):
            return HttpResponseRedirect(reverse("lifecycle_dashboard:connections") + wanted.address())
        return render(request, TEMPLATE, frame(request) | page.context(wanted, now))
    except (BadFilter, TooManyAddresses) as error:
        context = page.form_context(request.GET.dict(), DEFAULT, [])
        return render(request, TEMPLATE, frame(request) | context | {"error": sentence(error)}, status=400)


@never_cache
@require_safe
@gated_read
def rows(request: HttpRequest) -> HttpResponse:
    """Return the rows of the first page as JSON; answer with 400 and a sentence if a filter is wrong."""
    now = timezone.now()
    try:
        wanted = page.asked(request.GET, now)
        found = paging.read_page(search_for(wanted.filters, now))
    except (BadFilter, TooManyAddresses) as error:
        return JsonResponse({"error": "bad_filter", "detail": sentence(error)}, status=400)
    return JsonResponse({"rows": page.rows_of(found, wanted, now)})


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return the context that the page needs with any list."""
    return {
        **admin.site.each_context(request),
        "title": _("Connections"),
        "rows_url": reverse("lifecycle_dashboard:connection-rows"),
        "words": words(),
    }


def sentence(error: Exception) -> str:
    """Return the sentence that tells a person what to change."""
    if isinstance(error, TooManyAddresses):
        return _("The network %(network)s has too many addresses: give a smaller one.") % {"network": error}
    return str(error)
