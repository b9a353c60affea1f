"""The gate inside mitmproxy: any live site, seen through Holdback, with nothing deployed.

- ``addon``: mitmproxy's events, answered by the gate. It is an adapter like the two in ``asgi``, and decides
  nothing by itself.
- ``local``: our own pages, for a server that does not speak ASGI.
- ``mapping``: what has to be rewritten where the visitor's host is not the site's.
- ``preview``: ``holdback preview``.

Needs the extra ``scan``. It is a laboratory and no data plane: mitmproxy does a tenth of the work of the reverse
proxy in the same time.
"""
