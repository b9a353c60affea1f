"""What the guard in a visitor's page is told, and how it gets there. Its script is in ``static/``."""
