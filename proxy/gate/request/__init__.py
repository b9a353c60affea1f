"""The request: whether it can be read in one way only, who sends it, what is held for them, what the site gets."""
