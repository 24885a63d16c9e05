"""The live picture: each process's snapshot, all of them merged, and the sockets that show it."""
