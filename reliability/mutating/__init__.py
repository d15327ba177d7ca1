"""Mutants, and the tests that find them: the parts of `mutants.py`."""
