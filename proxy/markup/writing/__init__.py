"""What is held made inert, and the rest written as it came."""
