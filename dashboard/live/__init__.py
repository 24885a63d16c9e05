"""The live picture: the snapshots of all processes, merged, and the sockets of the viewers."""
