"""The visitor's side: ASGI callables that run the gate, in front of another server or around an application."""
