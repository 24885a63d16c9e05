"""The explorer: the filtered list of connections. Its filters, query and paging do not depend on HTML."""

from __future__ import annotations
