"""The site's side: one pooled HTTP/1.1 client that keeps bytes, order and backpressure.

It keeps no cookies, follows no redirect, reads no environment and adds no header but the framing of a body.
"""
