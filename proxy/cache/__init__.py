"""What was worked out lately, kept within bounds."""
