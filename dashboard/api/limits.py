"""Limits of the rate of requests, for each token, each user, and each address without valid credentials.

The limits hold for each process. The memory for them is bounded.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict

from django.http import HttpRequest
from django.utils.translation import gettext as _

from lifecycle.capture import addresses
from lifecycle.counts.report_limits import TokenBucket

from .errors import too_many

#: Requests per second in the long run, and at once.
RATE, BURST = 10.0, 100.0
#: Refused requests per second from one address in the long run, and at once.
REFUSED_RATE, REFUSED_BURST = 1.0, 20.0
#: The number of clients that are remembered. If there are more, the client with the oldest request is forgotten.
LIMIT = 4096


class Buckets:
    """A bucket for each client."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.guard = threading.Lock()
        self.buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """Count a request; return 0, or the seconds after which the client may try again."""
        with self.guard:
            bucket = self.buckets.get(client)
            if bucket is None:
                bucket = self.buckets[client] = TokenBucket(self.rate, self.burst, now)
            self.buckets.move_to_end(client)
            while len(self.buckets) > LIMIT:
                self.buckets.popitem(last=False)
            return 0.0 if bucket.take(1, now) else (1 - bucket.left) / self.rate

    def clear(self) -> None:
        """Forget all clients; for tests."""
        with self.guard:
            self.buckets.clear()


allowed, refusals = Buckets(RATE, BURST), Buckets(REFUSED_RATE, REFUSED_BURST)


def take(client: str) -> None:
    """Count a request of a known client; raises ``ApiError`` if there are too many."""
    check(allowed.wait(client, time.monotonic()))


def take_refusal(request: HttpRequest) -> None:
    """Count a request without valid credentials; raises ``ApiError`` if its address sends too many."""
    check(refusals.wait(address_of(request), time.monotonic()))


def check(seconds: float) -> None:
    """Raise ``ApiError`` if there are seconds to wait."""
    if seconds:
        wait = math.ceil(seconds)
        raise too_many(wait, _("Too many requests: try again in %(seconds)d s.") % {"seconds": wait})


def address_of(request: HttpRequest) -> str:
    """Return the address of a client, even behind trusted proxies."""
    scope = getattr(request, "scope", None)
    return addresses.client_address(scope) if scope else request.META.get("REMOTE_ADDR", "")
