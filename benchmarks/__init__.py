"""What the monitor costs: each claim as a command, ``python -m benchmarks.<name>``."""
