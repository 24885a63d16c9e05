"""The live data: snapshots are exchanged between processes, merged into a picture, and sent to the viewers."""
