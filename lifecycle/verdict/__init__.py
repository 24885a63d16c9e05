"""Determines why a connection ended: facts, causes, close codes and their texts. No I/O and no database."""
