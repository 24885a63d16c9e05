"""This server process: its start and stop, its lease, and its cleanup after processes that died."""
