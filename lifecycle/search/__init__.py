"""Finds connections without reading the whole table: kinds of search terms, and walks in bounded steps."""

from __future__ import annotations
