"""The strict Content-Security-Policy, on every response without a policy."""

from __future__ import annotations

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client

from lifecycle.csp import HEADER, POLICY, strict_csp

DIRECTIVES = dict(part.split(" ", 1) for part in POLICY.split("; "))


@pytest.mark.parametrize("directive", ["default-src", "base-uri", "frame-ancestors"])
def test_policy__denies_everything_by_default(directive: str) -> None:
    assert DIRECTIVES[directive] == "'none'"


@pytest.mark.parametrize("directive", ["script-src", "style-src", "connect-src", "font-src", "form-action"])
def test_policy__allows_only_the_same_origin(directive: str) -> None:
    assert DIRECTIVES[directive] == "'self'"


def test_policy__has_no_unsafe_source() -> None:
    assert not any(word in POLICY for word in ("unsafe", "*", "http:", "https:", "nonce", "blob:"))


def test_middleware__sends_the_policy(client: Client) -> None:
    assert client.get("/healthz")[HEADER] == POLICY


def test_middleware__sends_the_policy_with_errors(client: Client) -> None:
    assert client.get("/nowhere")[HEADER] == POLICY


def test_decorator__keeps_an_existing_policy() -> None:
    own = "default-src https:"
    answer = strict_csp(lambda request: HttpResponse(headers={HEADER: own}))(HttpRequest())
    assert answer[HEADER] == own


def test_decorator__passes_the_arguments_to_the_view() -> None:
    @strict_csp
    def view(request: HttpRequest, number: int, *, word: str) -> HttpResponse:
        return HttpResponse(f"{number} {word}")

    assert view(HttpRequest(), 7, word="x").content == b"7 x"
