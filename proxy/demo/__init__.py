"""A sample shop with stand-ins for well-known trackers."""
