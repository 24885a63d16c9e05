"""The ASGI application: the lifecycle middleware outermost, then origin, session, token and route."""

from __future__ import annotations

import os
import warnings

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
# Loads the apps; modules with models are imported after it.
django_application = get_asgi_application()

from dashboard import routing as dashboard_routing  # noqa: E402
from lifecycle import routing as lifecycle_routing  # noqa: E402
from lifecycle.auth import OriginOrTokenValidator, TokenAuthMiddleware  # noqa: E402
from lifecycle.capture.middleware import LifecycleMiddleware  # noqa: E402
from lifecycle.startup import Lifespan  # noqa: E402

# WhiteNoise answers with synchronous files, which Django reads in a thread. That works, so no warning is needed.
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
