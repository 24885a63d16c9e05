"""Tests on real servers: Daphne and Uvicorn in processes of their own, and clients that misbehave on purpose."""
