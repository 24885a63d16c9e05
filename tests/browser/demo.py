"""A demo: the monitor's own project, with additional routes of an example application.

Run it as ``python -m tests.browser.demo --port 8000``. It accepts the arguments of the ``start`` command.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum

from channels.generic.websocket import AsyncWebsocketConsumer
from django.core.management import execute_from_command_line
from django.urls import path

KICKED = 4002


class Wish(StrEnum):
    """Messages that make the server end the connection."""

    KICK = "kick"
    CRASH = "crash"
    DONE = "done"


class Guest(AsyncWebsocketConsumer):
    """Echoes messages, and ends the connection on request."""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Send the message back, or end the connection in the requested way."""
        match text_data:
            case Wish.KICK:
                await self.close(KICKED, "kicked by a moderator")
            case Wish.CRASH:
                raise RuntimeError("raised in receive, on purpose")
            case Wish.DONE:
                await self.close()
            case _:
                await self.send(text_data, bytes_data)


class Members(AsyncWebsocketConsumer):
    """Refuses every connection."""

    async def connect(self) -> None:
        """Refuse the connection."""
        await self.close()


ROUTES = [
    path("ws/chat/<str:room>/", Guest.as_asgi()),
    path("ws/notifications/", Guest.as_asgi()),
    path("ws/prices/<str:symbol>/", Guest.as_asgi()),
    path("ws/members/", Members.as_asgi()),
]


def main() -> None:
    """Start the project with the additional routes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "monitor_project.settings")
    from monitor_project.asgi import routes

    routes.routes += ROUTES
    execute_from_command_line(["manage.py", "start", *sys.argv[1:]])


if __name__ == "__main__":
    main()
