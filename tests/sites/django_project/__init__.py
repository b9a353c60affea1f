"""A small Django site, all of it Django's own: the admin, its login, its forms and its file fields."""
