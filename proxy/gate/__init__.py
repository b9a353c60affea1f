"""The gate: from what a visitor and a site say to what each may hear.

Nothing here opens a socket, a file or a clock. An exchange (:mod:`..exchange`) asks three questions, in this order:

1. :meth:`Gate.request` of a request's head: refuse it, answer it, hand it to our own pages, or forward it.
2. the forwarded visit's :meth:`Visit.response` of the response's head: the head that the visitor gets, and a
   filter for the body where it has to be rewritten.
3. that filter's ``steps`` for every piece of the body.
"""
