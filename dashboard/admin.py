"""The admin page of API tokens: their last use, and an action that revokes them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from .models import ApiToken


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """API tokens, newest first. ``manage.py lifecycle_api_token`` creates them."""

    list_display = ("name", "state", "created_at", "created_by", "last_used_at", "may_act")
    list_display_links = None
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "may_act")
    list_select_related = ("created_by",)
    search_fields = ("name",)
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return ``False``: the admin would show the token to whoever looks over the shoulder, or in a log."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Return ``False``: a revoked token stays in the list, with its last use."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """Return all fields: a token cannot be edited."""
        return tuple(field.name for field in ApiToken._meta.fields if field.name != "hash")

    @admin.display(description=_("state"), ordering="revoked_at")
    def state(self, token: ApiToken) -> str:
        """Return whether the token is valid."""
        return str(_("revoked") if token.revoked_at else _("valid"))

    @admin.action(description=_("Revoke the selected tokens"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Revoke tokens from now on, and write each to the admin log."""
        tokens = list(queryset.filter(revoked_at=None))
        ApiToken.objects.filter(pk__in=[token.pk for token in tokens]).update(revoked_at=timezone.now())
        for token in tokens:
            self.log_change(request, token, "Revoked.")
        text = ngettext("%(count)d token was revoked.", "%(count)d tokens were revoked.", len(tokens))
        self.message_user(request, text % {"count": len(tokens)})
