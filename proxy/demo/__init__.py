"""A sample shop with stand-ins for well-known trackers.

- ``shop``: the site: a few pages, a basket with a session cookie, and the tags that a real shop carries.
- ``trackers``: who those tags talk to, on origins of their own; they behave as the real ones do and write down
  what reaches them.
- ``received``: what they wrote down, shown on a page while it arrives.
- ``scenery``: the addresses of it all, and the settings under which Holdback stands in front of it.
- ``stage``: the processes.

Everything is on loopback: browsers take every name under ``localhost`` there (RFC 6761 §6.3, WHATWG Secure
Contexts), so the origins differ and nothing has to be set up.
"""
