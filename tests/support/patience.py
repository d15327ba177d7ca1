"""How long a test may take."""

import contextlib
import time
from collections.abc import Iterator


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """The body ends by then, however it ends: a bound that is far from both what is right and what is wrong."""
    start = time.monotonic()
    try:
        yield
    finally:
        taken = time.monotonic() - start
        assert taken < seconds
