"""Processes, ports and workers: how ``holdback serve`` runs."""
