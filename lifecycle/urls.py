"""The URLs of the lifecycle app: metrics and health checks."""

from __future__ import annotations

from django.urls import path

from lifecycle import views

app_name = "lifecycle"
urlpatterns = [
    path("metrics", views.metrics, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
