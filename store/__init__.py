"""What is kept: the consent log and the events."""
