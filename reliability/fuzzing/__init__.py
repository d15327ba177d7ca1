"""Fuzzing: targets that take bytes and raise when a promise is broken, and the runs that look for such bytes."""
