"""What is known of the site: what it was seen to use, and what visitors are asked about."""
