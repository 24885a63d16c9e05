"""The status socket, on which client pages report their status and how their connections ended."""
