"""The targets: each takes the bytes of an input, and raises when a promise is broken."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """One by the module that it stands in, as its *function*.

    *longest* is how many bytes an input has at most; *share* how many inputs its long form tries: more where one is
    cheap, and a million in all.
    """

    module: str
    function: str
    longest: int
    share: int

    def load(self) -> Callable[[bytes], None]:
        found: Callable[[bytes], None] = getattr(importlib.import_module(f"fuzzing.{self.module}"), self.function)
        return found

    def load_words(self) -> tuple[str, ...]:
        """What the fuzzer is to try within an input."""
        words: tuple[str, ...] = importlib.import_module(f"fuzzing.{self.module}").WORDS
        return words


TARGETS = {
    "url": Target("urls", "try_url", 128, 300_000),
    "map": Target("stored_map", "try_map", 512, 70_000),
    "headers": Target("headers", "try_headers", 256, 400_000),
    "answers": Target("answers", "try_answer", 768, 60_000),
    "lines": Target("lines", "try_line", 96, 20_000),
    "files": Target("files", "try_files", 256, 25_000),
    "binding": Target("binding", "try_binding", 256, 45_000),
    "texts": Target("texts", "try_text", 192, 200_000),
}
