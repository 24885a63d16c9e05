"""The URLs of the dashboard: the live page, the history that its scripts request, and the explorer."""

from __future__ import annotations

from django.urls import path

from . import views
from .explorer import views as explorer

app_name = "lifecycle_dashboard"
urlpatterns = [
    path("", views.page, name="page"),
    path("history/", views.history, name="history"),
    path("connections/", explorer.connections, name="connections"),
    path("connections/rows/", explorer.rows, name="connection-rows"),
]
