"""The lasting history: rollups of the rows, and retention."""
