"""The counts of one process, in memory. Pure."""
