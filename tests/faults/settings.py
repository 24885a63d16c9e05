"""The monitor's settings, with ``LIFECYCLE`` and the database's options as the environment says (JSON)."""

from __future__ import annotations

import json
import os

from monitor_project.settings import *  # noqa: F403
from monitor_project.settings import CHANNEL_LAYERS, DATABASES, LIFECYCLE

LIFECYCLE |= json.loads(os.environ.get("LIFECYCLE_JSON", "{}"))
DATABASES["default"].setdefault("OPTIONS", {}).update(json.loads(os.environ.get("DATABASE_OPTIONS_JSON", "{}")))

# Consumers that use Redis end with it, which is Channels' affair: with this, only the live feed uses it.
if os.environ.get("LAYER_OF_THE_FEED_ALONE"):
    CHANNEL_LAYERS["default"] = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
