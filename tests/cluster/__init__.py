"""The monitor as a cluster: several processes behind nginx, with a real PostgreSQL and a real Redis."""
