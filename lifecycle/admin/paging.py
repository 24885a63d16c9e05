"""Pages through a table of any size without counting it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Paginator

COUNT_LIMIT = 10_000


class CappedPaginator(Paginator):
    """Counts up to ``COUNT_LIMIT`` rows and shows no more; a filter finds what lies beyond."""

    @cached_property
    def count(self) -> int:
        """Return the number of rows that can be paged through."""
        return min(self.counted, COUNT_LIMIT)

    @property
    def is_capped(self) -> bool:
        """Tell whether there are rows beyond the last page."""
        return self.counted > COUNT_LIMIT

    @cached_property
    def counted(self) -> int:
        """Return the number of rows, or one more than the limit."""
        rows: Any = self.object_list
        return rows.order_by().values("pk")[: COUNT_LIMIT + 1].count()
