"""What every test shares: who needs the real Credential Manager, and names that no other program uses."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Generator, Iterator

import pytest

import wincred

REQUIRED_BY = {"credential_manager": "REQUIRE_CREDENTIAL_MANAGER", "wine": "REQUIRE_WINE"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs the real Credential Manager where there is none."""
    if not wincred.is_supported():
        for item in items:
            if item.get_closest_marker("credential_manager"):
                item.add_marker(pytest.mark.skip(reason="there is no Credential Manager on this system"))


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
    yield name
    for credential_type in (wincred.CredentialType.GENERIC, wincred.CredentialType.DOMAIN_PASSWORD):
        with contextlib.suppress(wincred.NotFoundError, wincred.UnsupportedPlatformError):
            wincred.delete(name, type=credential_type)
