"""This server process: its start and stop, its lease, and what it does for processes that died."""
