"""The URLs of the dashboard: the page, and the history that its scripts request."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "lifecycle_dashboard"
urlpatterns = [
    path("", views.page, name="page"),
    path("history/", views.history, name="history"),
]
