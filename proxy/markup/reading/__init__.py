"""A page read as a browser reads it: bytes, tags, attributes, addresses."""
