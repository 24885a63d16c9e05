"""Tests: each file mirrors a module; integration and browser tests have folders of their own."""
