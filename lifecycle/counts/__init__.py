"""The in-memory counts of one process. No I/O and no clock."""
