"""The ASGI application of a project, for the tests of what looks at it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from pytest_django import Settings

Serve = Callable[[Any], None]


@pytest.fixture
def serve(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Serve:
    """Return a function that sets the ASGI application of the project."""

    def serve(application: Any) -> None:  # noqa: ANN401 - any ASGI application
        module = ModuleType("project_asgi")
        module.application = application  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "project_asgi", module)
        settings.ASGI_APPLICATION = "project_asgi.application"

    return serve
