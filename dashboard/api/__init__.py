"""The JSON API. Of all rooms, only this one imports django-ninja, which is an optional package."""
