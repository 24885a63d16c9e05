"""An ASGI module that fails when it is imported."""

raise ZeroDivisionError("division by zero")
