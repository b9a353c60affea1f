"""What of a page would fetch or run something, and whose it is."""
