"""System checks of the dashboard."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks as django_checks
from django.core.checks import Warning as CheckWarning
from pytest_django import Settings

from dashboard import checks

MEMORY = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
REDIS = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1"]}}


def test_register__checks_run_under_their_tag(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {"default": REDIS}
    assert [message.id for message in django_checks.run_checks(tags=[checks.TAG])] == ["lifecycle_dashboard.W001"]


@pytest.mark.parametrize(
    ("layers", "problem"),
    [
        ({"default": REDIS}, 'CHANNEL_LAYERS has no alias "lifecycle"'),
        ({"default": REDIS, "lifecycle": MEMORY}, 'CHANNEL_LAYERS["lifecycle"] is in memory'),
    ],
    ids=["no layer", "in memory"],
)
def test_feed_layer__warns_if_snapshots_do_not_reach_other_processes(
    settings: Settings, layers: dict[str, Any], problem: str
) -> None:
    settings.CHANNEL_LAYERS = layers
    assert checks.check_feed_layer(None) == [
        CheckWarning(
            f"{problem}: the live page shows only the process that serves it.",
            hint='Set the backend of CHANNEL_LAYERS["lifecycle"] to '
            "channels_redis.pubsub.RedisPubSubChannelLayer, or to the in-memory layer for a single process.",
            id="lifecycle_dashboard.W001",
        )
    ]


VALID = {
    "no layers": {},
    "feed in memory, no default": {"lifecycle": MEMORY},
    "both in memory": {"default": MEMORY, "lifecycle": MEMORY},
    "both on Redis": {"default": REDIS, "lifecycle": REDIS},
}


@pytest.mark.parametrize("layers", VALID.values(), ids=VALID)
def test_feed_layer__accepts_a_valid_configuration(settings: Settings, layers: dict[str, Any]) -> None:
    settings.CHANNEL_LAYERS = layers
    assert checks.check_feed_layer(None) == []
