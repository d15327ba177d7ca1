"""What happens beside a step of the file store: a failure, a signal, another program."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from coder_login.sessionstore.directory import ConfigDirectory

Action = Callable[[], object]


def before_step(monkeypatch: pytest.MonkeyPatch, method: str, name: str, action: Action) -> None:
    """Run *action* once, before the first call of a ConfigDirectory's *method* with the file *name*."""
    real = getattr(ConfigDirectory, method)
    todo = [action]

    def step(config: ConfigDirectory, *arguments: object) -> object:
        if name in arguments and todo:
            todo.pop()()
        return real(config, *arguments)

    monkeypatch.setattr(ConfigDirectory, method, step)


def put_link(path: Path) -> None:
    """A link to what was there until now, with the same content: another program's doing, or an attacker's."""
    target = path.with_name(f"{path.name}.target")
    if path.exists():
        path.rename(target)
    else:
        target.touch(0o600)
    path.symlink_to(target)


def raising(problem: BaseException) -> Action:
    """An action that fails with *problem*."""

    def fail() -> None:
        raise problem

    return fail


def raise_signals() -> None:
    """Ctrl-C and a polite kill, as an action."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.raise_signal(number)
