"""ASGI callables that run the gate: the reverse proxy and the middleware."""
