"""The pooled HTTP/1.1 client on llhttp that talks to the site."""
