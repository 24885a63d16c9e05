"""The test application inside other ASGI applications, which hide the server from the monitor."""

from __future__ import annotations

import sentry_sdk
from fastapi import FastAPI
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.integration.application import application

# Without a DSN, nothing is sent; the middleware still wraps every call.
sentry_sdk.init(traces_sample_rate=1.0)
sentry = SentryAsgiMiddleware(application)
opentelemetry = OpenTelemetryMiddleware(application, tracer_provider=TracerProvider())
starlette = Starlette(routes=[Mount("/", app=application)])
fastapi = FastAPI()
fastapi.mount("/", application)
all_of_them = SentryAsgiMiddleware(OpenTelemetryMiddleware(starlette, tracer_provider=TracerProvider()))
