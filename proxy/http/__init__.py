"""Header lines as the wire has them."""
