"""The Django project that runs the monitor on its own: settings, routes and the start command."""
