"""A project that mounts the monitor under a prefix of its own, and is itself mounted at /site."""

from __future__ import annotations

from django.core.asgi import get_asgi_application

# Loads the apps; modules with models are imported after it.
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import include, path  # noqa: E402

from dashboard.routing import websocket_urlpatterns  # noqa: E402
from lifecycle.capture.middleware import LifecycleMiddleware  # noqa: E402

urlpatterns = [path("tools/", include("monitor_project.urls"))]
routes = URLRouter([path("live/", URLRouter(websocket_urlpatterns))])
application = ProtocolTypeRouter(
    {"http": django_application, "websocket": LifecycleMiddleware(AuthMiddlewareStack(routes))}
)
