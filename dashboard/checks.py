"""System checks of the dashboard. Their tag and the prefix of their IDs is ``lifecycle_dashboard``."""

from __future__ import annotations

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from .live.broadcast import LAYER

TAG = "lifecycle_dashboard"
IN_MEMORY = "channels.layers.InMemoryChannelLayer"


def register() -> None:
    """Register the checks with Django."""
    checks.register(check_feed_layer, TAG)


def check_feed_layer(app_configs: object, **kwargs: object) -> list[CheckMessage]:
    """Warn if there may be several server processes but the channel layer cannot carry snapshots between them."""
    problem = feed_layer_problem()
    if not problem:
        return []
    return [
        checks.Warning(
            f"{problem}: the live page shows only the process that serves it.",
            hint=f'Set the backend of CHANNEL_LAYERS["{LAYER}"] to '
            "channels_redis.pubsub.RedisPubSubChannelLayer, or to the in-memory layer for a single process.",
            id=f"{TAG}.W001",
        )
    ]


def feed_layer_problem() -> str:
    """Return a description of the problem with the feed's channel layer; empty if there is none.

    A project without channel layers, or with an in-memory default layer, is assumed to run a single process.
    """
    layers = getattr(settings, "CHANNEL_LAYERS", {})
    backends = {alias: layer.get("BACKEND") for alias, layer in layers.items()}
    if backends and LAYER not in backends:
        return f'CHANNEL_LAYERS has no alias "{LAYER}"'
    if backends.get(LAYER) == IN_MEMORY and backends.get("default", IN_MEMORY) != IN_MEMORY:
        return f'CHANNEL_LAYERS["{LAYER}"] is in memory'
    return ""
