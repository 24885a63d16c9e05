"""What the answers of the API contain, read from the database. These modules know nothing of HTTP."""
