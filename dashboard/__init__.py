"""The view: reads the lifecycle, streams it, explains it."""

from __future__ import annotations
