"""The test application inside other ASGI applications, which hide the server from the monitor."""

from __future__ import annotations

import asyncio

import sentry_sdk
from fastapi import FastAPI
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from starlette.applications import Starlette
from starlette.routing import Mount

from lifecycle.asgi_types import Message, Receive, Scope, Send
from tests.integration.application import application

# Without a DSN, nothing is sent; the middleware still wraps every call.
sentry_sdk.init(traces_sample_rate=1.0)
sentry = SentryAsgiMiddleware(application)
opentelemetry = OpenTelemetryMiddleware(application, tracer_provider=TracerProvider())
starlette = Starlette(routes=[Mount("/", app=application)])
fastapi = FastAPI()
fastapi.mount("/", application)
all_of_them = SentryAsgiMiddleware(OpenTelemetryMiddleware(starlette, tracer_provider=TracerProvider()))


async def hidden(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve in another task, and pass the messages on through queues, so nothing leads to the server."""
    if scope["type"] != "websocket":
        return await application(scope, receive, send)
    incoming: asyncio.Queue[Message] = asyncio.Queue()
    outgoing: asyncio.Queue[Message] = asyncio.Queue()
    tasks = [
        asyncio.create_task(application(scope, incoming.get, outgoing.put)),
        asyncio.create_task(pass_on(receive, incoming.put)),
        asyncio.create_task(pass_on(outgoing.get, send)),
    ]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    # Time for the last messages.
    await asyncio.wait(tasks, timeout=1)
    for task in tasks:
        task.cancel()


async def pass_on(receive: Receive, send: Send) -> None:
    """Pass all messages on, up to the disconnect."""
    message: Message = {"type": ""}
    while message["type"] != "websocket.disconnect":
        message = await receive()
        await send(message)
