"""What every test shares: its signals, who needs the real Credential Manager, and names that no other program uses."""

from __future__ import annotations

import contextlib
import os
import signal
import uuid
from collections.abc import Callable, Generator, Iterator

import pytest
from fake_advapi32 import FakeAdvapi32
from which_windows import is_windows_itself

import wincred

REQUIRED_BY = {"credential_manager": "REQUIRE_CREDENTIAL_MANAGER", "wine": "REQUIRE_WINE", "go": "REQUIRE_GO"}
# Those that touch the real store: each marker, whether what it needs is here, and what is said where it is not.
STORE_MARKERS = {
    "credential_manager": (wincred.is_supported(), "there is no Credential Manager on this system"),
    "windows": (is_windows_itself(), "this is not Windows itself"),
}
# Ignored by a shell's `&`, by nohup or by a service's manager. A child would go on to ignore them.
INHERITED = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGCHLD")


def pytest_configure() -> None:
    """Let it not matter how the suite was started: which signals are ignored, and what the user has set."""
    handle_ignored_signals()
    forget_settings()


def handle_ignored_signals() -> None:
    """Let the processes that tests start have default signals, and Ctrl-C its default here.

    A program that is started ignores what was ignored, and nothing that was handled.
    """
    for number in (getattr(signal, name) for name in INHERITED if hasattr(signal, name)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else lambda *_: None)


def forget_settings() -> None:
    """Take the usual umask, and remove the variables that change what is tested: a test sets those that it means."""
    os.umask(0o022)
    for name in list(os.environ):
        if name.upper().startswith(("CODER_", "SSL_CERT_", "PYTHONWARNINGS")) or name.upper().endswith("_PROXY"):
            del os.environ[name]


@pytest.hookimpl(tryfirst=True)  # pytest-xdist looks at the groups in a hook of that name
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the real Credential Manager where there is none; where there is one, one process has it.

    Some tests use its credential of the real name, and Wine's does not bear two at once.
    """
    for item in items:
        for marker, (is_here, reason) in STORE_MARKERS.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.xdist_group("credential_manager"))
                if not is_here:
                    item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where the environment says that what the test needs must be here."""
    report = yield
    required = [variable for marker, variable in REQUIRED_BY.items() if item.get_closest_marker(marker)]
    if report.skipped and any(os.environ.get(variable) == "1" for variable in required):
        report.outcome = "failed"
        report.longrepr = f"skipped, but {' and '.join(required)}=1: {report.longrepr}"
    return report


@pytest.fixture
def target_name() -> Iterator[str]:
    """A target name of this test's own; whatever is stored under it is removed in the end."""
    name = f"wincred-test-{uuid.uuid4().hex}"
    with contextlib.ExitStack() as stack:
        stack.callback(_remove, name)
        stack.callback(_remove, name, wincred.CredentialType.DOMAIN_PASSWORD)
        yield name


@pytest.fixture
def new_target_name(target_name: str) -> Iterator[Callable[[str], str]]:
    """More target names of this test's own, each ending in what it is asked for; all are removed in the end."""
    with contextlib.ExitStack() as stack:

        def new(suffix: str) -> str:
            name = f"{target_name}{suffix}"
            stack.callback(_remove, name)
            return name

        yield new


def _remove(target_name: str, credential_type: wincred.CredentialType = wincred.CredentialType.GENERIC) -> None:
    with contextlib.suppress(wincred.NotFoundError, wincred.UnsupportedPlatformError):
        wincred.delete(target_name, type=credential_type)


@pytest.fixture
def advapi32(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAdvapi32]:
    """A fake in the place of the DLL. In the end, all that it gave out must have been wiped and freed."""
    fake = FakeAdvapi32()
    fake.install(monkeypatch)
    yield fake
    assert not fake.blocks_alive
    assert all(block.wiped for block in fake.blocks)
    assert all(write.wiped for write in fake.writes)
