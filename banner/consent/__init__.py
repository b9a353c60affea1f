"""A visitor's choice: signed, carried by their browser, and believed as far as the log bears it out."""
