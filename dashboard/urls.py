"""The HTTP addresses of the dashboard: the page and its reads."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "lifecycle_dashboard"
urlpatterns = [
    path("", views.page, name="page"),
    path("history/", views.history, name="history"),
]
