"""The `coder` command, and its session store as a library."""
