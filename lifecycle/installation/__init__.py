"""How a project has installed the monitor: its ASGI application, the paths of its sockets, and what is missing."""
