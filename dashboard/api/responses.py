"""JSON responses, and those that a client that asks again need not download again."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

JSON = "application/json"


def encode(data: Any) -> bytes:  # noqa: ANN401 - whatever JSON can hold
    """Return data as JSON; times are in UTC and end with ``Z``."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)


def as_json(data: Any) -> HttpResponse:  # noqa: ANN401
    """Return a response that nobody stores."""
    return HttpResponse(encode(data), content_type=JSON, headers={"Cache-Control": "private, no-store"})


def revalidated(request: HttpRequest, data: Any, same: Any) -> HttpResponse:  # noqa: ANN401
    """Return a response with an ``ETag``, or 304 if the client already has it (RFC 9110 section 13).

    Two responses with equal values of ``same`` count as the same response.
    """
    etag = f'W/"{hashlib.sha256(encode(same)).hexdigest()[:32]}"'
    # The client may keep the response, but has to ask each time. Cookie and token select different users' answers.
    headers = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
    response = HttpResponse(encode(data), content_type=JSON, headers=headers)
    answer: Any = get_conditional_response(request, etag=etag, response=response)
    answer.headers["ETag"] = etag
    return answer
