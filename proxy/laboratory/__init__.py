"""The mitmproxy addon and ``holdback preview``."""
