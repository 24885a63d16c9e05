"""The HTTP addresses of the lifecycle app: metrics, health, and tokens for sockets."""

from __future__ import annotations

from django.urls import path

from lifecycle import views
from lifecycle.auth_views import token

app_name = "lifecycle"
urlpatterns = [
    path("metrics", views.metrics, name="metrics"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("token/", token, name="token"),
]
