"""Tests. Each file tests the module of the same name; integration and browser tests have their own folders."""
