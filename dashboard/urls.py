"""The URLs of the dashboard: the page, and the reads of history that it makes."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "lifecycle_dashboard"
urlpatterns = [
    path("", views.page, name="page"),
    path("history/", views.history, name="history"),
]
