"""A streaming rewriter that makes the markup of held services inert."""
