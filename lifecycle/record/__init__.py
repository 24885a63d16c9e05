"""The way of an event: recorder, spool on disk, writer, database."""
