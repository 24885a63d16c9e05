"""The Content-Security-Policy: strict, on every response that has none."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from lifecycle.csp import HEADER, POLICY, strict_csp

DIRECTIVES = dict(part.split(" ", 1) for part in POLICY.split("; "))


@pytest.mark.parametrize("directive", ["default-src", "base-uri", "frame-ancestors"])
def test_policy__denies_what_is_not_named(directive: str) -> None:
    assert DIRECTIVES[directive] == "'none'"


@pytest.mark.parametrize("directive", ["script-src", "style-src", "connect-src", "font-src", "form-action"])
def test_policy__allows_this_host_only(directive: str) -> None:
    assert DIRECTIVES[directive] == "'self'"


def test_policy__has_no_way_around_it() -> None:
    assert not any(word in POLICY for word in ("unsafe", "*", "http:", "https:", "nonce", "blob:"))


def test_middleware__sends_the_policy(client: Client) -> None:
    assert client.get("/healthz")[HEADER] == POLICY


def test_middleware__sends_it_with_errors_too(client: Client) -> None:
    assert client.get("/nowhere")[HEADER] == POLICY


def test_decorator__leaves_a_policy_alone_that_is_there() -> None:
    own = "default-src https:"
    answer = strict_csp(lambda request: HttpResponse(headers={HEADER: own}))(HttpRequest())
    assert answer[HEADER] == own


def test_decorator__hands_the_arguments_on() -> None:
    @strict_csp
    def view(request: HttpRequest, number: int, *, word: str) -> HttpResponse:
        return HttpResponse(f"{number} {word}")

    assert view(HttpRequest(), 7, word="x").content == b"7 x"
