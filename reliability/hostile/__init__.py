"""Hostile servers: the parts of `servers.py`."""
