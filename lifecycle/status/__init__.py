"""The status socket, on which a client page reports its status and its side of each close."""
