"""The status socket, on which client pages report their status and the ends of their connections."""
