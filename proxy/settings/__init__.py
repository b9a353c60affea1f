"""What a site owner may set, and where it is read from."""
