"""The ASGI application. WebSockets pass LifecycleMiddleware, then origin check, session, token and router."""

from __future__ import annotations

import os
import warnings

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
# This loads the apps, so modules that import models must be imported after it.
django_application = get_asgi_application()

from dashboard import routing as dashboard_routing  # noqa: E402
from lifecycle import routing as lifecycle_routing  # noqa: E402
from lifecycle.auth import OriginOrTokenValidator, TokenAuthMiddleware  # noqa: E402
from lifecycle.capture.middleware import LifecycleMiddleware  # noqa: E402
from lifecycle.startup import Lifespan  # noqa: E402

# WhiteNoise returns synchronous file iterators, which Django reads in a thread. That is fine for static files.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

routes = URLRouter([*lifecycle_routing.websocket_urlpatterns, *dashboard_routing.websocket_urlpatterns])
authenticated = AuthMiddlewareStack(TokenAuthMiddleware(routes))

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "lifespan": Lifespan(),
        "websocket": LifecycleMiddleware(OriginOrTokenValidator(authenticated, settings.ALLOWED_ORIGINS)),
    }
)
