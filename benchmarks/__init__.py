"""Measure the cost of the monitor. Run a benchmark with ``python -m benchmarks.<name>``."""
