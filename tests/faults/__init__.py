"""Faults under load, with real servers and a ledger of how every connection ended."""
