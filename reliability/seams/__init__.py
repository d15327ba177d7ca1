"""A fault at every call of the DLL and of the file functions: the parts of `seam_faults.py`."""
