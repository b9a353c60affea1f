"""What an adapter does with one request, from its head to the end of the answer's body."""
