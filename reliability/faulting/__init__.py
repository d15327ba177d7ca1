"""A fault at every system call: the parts of `faults.py`."""
