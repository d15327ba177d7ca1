"""Long runs: the parts of `soak.py`."""
