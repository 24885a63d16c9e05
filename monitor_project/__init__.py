"""The front door: settings, routes and the start command of the monitor as it runs by itself."""
