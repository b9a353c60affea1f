"""Passes consented events on to a PostHog of the owner's own."""
