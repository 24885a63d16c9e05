"""Pagination that does not count large tables."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

COUNT_LIMIT = 10_000


class CappedPaginator(Paginator):
    """Counts and shows at most ``COUNT_LIMIT`` rows. Filters and the search find the other rows."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows on all pages."""
        return min(self.counted, COUNT_LIMIT)

    @property
    def is_capped(self) -> bool:
        """Return whether there are rows after the last page."""
        return self.counted > COUNT_LIMIT

    @cached_property
    def counted(self) -> int:
        """Return the number of rows, but at most ``COUNT_LIMIT + 1``."""
        rows: Any = self.object_list
        return rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
