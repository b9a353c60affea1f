"""Response bodies: decoded, rewritten, coded again, and what is put into a page."""
