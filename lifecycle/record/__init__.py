"""Carries events to the database: recorder, spool on disk, writer, store."""
