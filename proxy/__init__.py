"""Between the visitor and the site.

- ``rules``: what is known about trackers, cookies and countries.
- ``gate``: what is decided about a request and its response; it never does I/O.
- ``markup``: how a page is rewritten while it streams.
- ``upstream`` and ``asgi``: the sockets on either side, and the callables that run the gate between them.
- ``laboratory``: the same gate inside mitmproxy, to try a live site without deploying anything.
"""
