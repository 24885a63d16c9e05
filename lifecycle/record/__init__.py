"""Records events: the recorder appends them to the spool on disk, and the writer moves them to the database."""
