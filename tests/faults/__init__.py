"""Faults to survive, each with a real server and a ledger of what became of every connection."""
