"""URLs: the status page, the dashboard, the API, the admin, tokens, metrics and health."""

from __future__ import annotations

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from lifecycle.auth.views import token
from monitor_project import views

admin.site.site_header = admin.site.site_title = "Monitor"
admin.site.index_title = "Records"
# This removes the link "View site": templates/admin/base_site.html has its own links.
admin.site.site_url = None

urlpatterns = [
    path("", views.status, name="status"),
    path("dashboard/", include("dashboard.urls")),
    path("api/v1/", include("dashboard.api.urls")),
    path("admin/", admin.site.urls),
    path("favicon.ico", RedirectView.as_view(url=static("lifecycle/favicon.svg"))),
    path("token/", token, name="token"),
    path("", include("lifecycle.urls")),
]
