"""The ``holdback`` command."""
