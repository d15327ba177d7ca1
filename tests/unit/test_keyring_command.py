"""`coder keyring`: status, list and reset, against a keyring in memory. (migrate is in test_all_or_nothing.py.)"""

from __future__ import annotations

import json
import sys
from typing import Any

import click
import pytest
from coder_login.commands import output
from coder_login.deployment.url import DeploymentURL
from coder_login.sessionstore import DEFAULT_SERVICE, KeyringStore, StoreUnavailableError, UnsupportedKeyringError
from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager
from memory_keyring import MemoryKeyring

import wincred
from cli import TOKEN, Inside

pytest_plugins = ["cli_fixtures"]

ONE, TWO = "https://one.example.com", "https://two.example.com:8443"
NAMES = [
    "supported",
    "available",
    "usable",
    "reason",
    "target_name",
    "persistence",
    "bytes_used",
    "bytes_free",
    "deployments",
]


@pytest.fixture
def keyring(inside: Inside, memory_keyring: MemoryKeyring) -> MemoryKeyring:
    """A keyring with two sessions; the url file names the second's deployment."""
    store = KeyringStore(lock_path=inside.machine.home / "lock")
    store.write(DeploymentURL.parse(ONE), TOKEN)
    store.write(DeploymentURL.parse(TWO), TOKEN)
    inside.machine.keep(TWO, TOKEN)
    memory_keyring.calls.clear()
    return memory_keyring


def status(inside: Inside) -> tuple[int, dict[str, Any]]:
    run = inside.run("keyring", "status", "--output", "json")
    assert run.stderr == ""
    report: dict[str, Any] = json.loads(run.stdout)
    assert list(report) == NAMES
    return run.code, report


def test_a_usable_keyring(inside: Inside, keyring: MemoryKeyring) -> None:
    """Exit code 0; how full it is, and how many sessions; it is only read."""
    used = len(keyring.blobs[DEFAULT_SERVICE])
    assert status(inside) == (
        0,
        {
            "supported": True,
            "available": True,
            "usable": True,
            "reason": None,
            "target_name": DEFAULT_SERVICE,
            "persistence": "local_machine",
            "bytes_used": used,
            "bytes_free": 2560 - used,
            "deployments": 2,
        },
    )
    assert set(keyring.calls) == {"get"}


def test_an_empty_keyring(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """It is usable, too."""
    code, report = status(inside)
    assert (code, report["usable"], report["bytes_used"], report["bytes_free"], report["deployments"]) == (
        0,
        True,
        0,
        2560,
        0,
    )


def test_the_status_as_text(inside: Inside, keyring: MemoryKeyring) -> None:
    """A line a fact; what is unknown is left out."""
    used = len(keyring.blobs[DEFAULT_SERVICE])
    run = inside.run("keyring", "status")
    assert (run.code, run.stderr) == (0, "")
    assert run.text == (
        "supported: yes\navailable: yes\nusable: yes\n"
        f"target name: {DEFAULT_SERVICE}\npersistence: local_machine\n"
        f"bytes used: {used}\nbytes free: {2560 - used}\ndeployments: 2\n"
    )


def test_no_supported_keyring(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, why, and what to do instead."""
    monkeypatch.setattr(wincred, "is_supported", lambda: False)
    code, report = status(inside)
    assert (code, report["supported"], report["available"], report["usable"]) == (1, False, False, False)
    assert report["reason"] == (
        f"there is no supported keyring on this system ({sys.platform}). "
        "Leave out --use-keyring (or set CODER_USE_KEYRING=false) to keep the token in a file."
    )
    assert {report[name] for name in NAMES[5:]} == {None}
    run = inside.run("keyring", "status")
    assert (run.code, run.stderr) == (1, "")
    assert run.text.startswith("supported: no\navailable: no\nusable: no\nreason: there is no supported keyring")


@pytest.mark.parametrize(
    ("strongest", "reason"),
    [
        pytest.param(wincred.Persist.NONE, "Windows keeps no credentials beyond this logon session", id="policy"),
        pytest.param(wincred.Persist.SESSION, "Windows keeps no credentials beyond this logon session", id="session"),
        pytest.param(
            wincred.NoLogonSessionError("no", 1312),
            "this logon session has no Windows Credential Manager (Windows error 1312)",
            id="network-logon",
        ),
    ],
)
def test_an_unavailable_keyring(
    inside: Inside, monkeypatch: pytest.MonkeyPatch, strongest: wincred.Persist | Exception, reason: str
) -> None:
    """Supported here, but not in this logon session."""

    def max_persist() -> wincred.Persist:
        if isinstance(strongest, Exception):
            raise strongest
        return strongest

    monkeypatch.setattr("coder_login.sessionstore.keyring_store.system_keyring", WindowsCredentialManager)
    monkeypatch.setattr(wincred, "max_persist", max_persist)
    code, report = status(inside)
    assert (code, report["supported"], report["available"], report["usable"]) == (1, True, False, False)
    assert report["reason"].startswith(reason)


def test_a_keyring_that_can_not_be_read(inside: Inside, keyring: MemoryKeyring) -> None:
    """A failure of the reading is told like any other."""

    def fail() -> None:
        raise StoreUnavailableError("no access")

    keyring.before("get", fail)
    code, report = status(inside)
    assert (code, report["supported"], report["usable"], report["reason"]) == (1, True, False, "no access")
    assert report["persistence"] == "local_machine"


def test_a_damaged_credential(inside: Inside, keyring: MemoryKeyring) -> None:
    """Available, but not usable; its size is known, its content is not shown."""
    keyring.blobs[DEFAULT_SERVICE] = f'{{"{TOKEN}'.encode()
    code, report = status(inside)
    assert (code, report["available"], report["usable"], report["bytes_used"]) == (1, True, False, 35)
    assert report["reason"].startswith("the stored sessions can't be understood: ")
    assert report["reason"].endswith("discard it with: coder keyring reset")
    assert TOKEN not in json.dumps(report)


def test_the_list(inside: Inside, keyring: MemoryKeyring) -> None:
    """The deployments, which is current, and never a token."""
    run = inside.run("keyring", "list")
    assert run == (0, f"  {ONE}\n* {TWO}\n".encode(), "")
    run = inside.run("keyring", "list", "-o", "json")
    assert (run.code, run.stderr) == (0, "")
    assert json.loads(run.stdout) == [{"url": ONE, "current": False}, {"url": TWO, "current": True}]
    assert TOKEN not in run.text


def test_a_list_on_a_narrow_terminal(inside: Inside, keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mark stays before its URL, however long that is."""
    monkeypatch.setattr("coder_login.commands.output.is_terminal", lambda stream: True)
    monkeypatch.setattr("coder_login.commands.output._MIN_WIDTH", 1)
    run = inside.run("keyring", "list", env={"COLUMNS": "10"})
    assert run.text == f"  {ONE}\n* {TWO}\n"


def test_an_empty_list(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """Nothing on standard output, or an empty list; that is no error."""
    assert inside.run("keyring", "list") == (0, b"", "No session in the keyring.\n")
    run = inside.run("keyring", "list", "-o", "json")
    assert (run.code, run.text, run.stderr) == (0, "[]\n", "")


def test_a_list_with_a_url_file_that_names_nothing(inside: Inside, keyring: MemoryKeyring) -> None:
    """Then none is current."""
    (inside.machine.directory / "url").write_text("://")
    run = inside.run("keyring", "list", "-o", "json")
    assert [row["current"] for row in json.loads(run.stdout)] == [False, False]


def test_a_hostile_key_is_not_listed_as_it_is(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """What another program wrote moves no cursor."""
    memory_keyring.blobs[DEFAULT_SERVICE] = json.dumps(
        {"a\x1b[2J": {"coder_url": "https://dev.example.com/\x1b[2J", "api_token": TOKEN}}
    ).encode()
    run = inside.run("keyring", "list")
    assert (run.code, "\x1b" in run.text + run.stderr) == (0, False)


@pytest.mark.parametrize("name", ["list", "migrate", "reset"])
def test_the_others_need_a_keyring(inside: Inside, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Where there is none, the error says so."""

    def unsupported() -> object:
        raise UnsupportedKeyringError("there is none")

    monkeypatch.setattr("coder_login.sessionstore.keyring_store.system_keyring", unsupported)
    yes = ["-y"] if name == "reset" else []
    run = inside.run("keyring", name, *yes)
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.startswith("error: There is none\nLeave out --use-keyring ")


def test_a_reset_of_a_damaged_credential(inside: Inside, keyring: MemoryKeyring) -> None:
    """It goes, and with it whatever it held."""
    keyring.blobs[DEFAULT_SERVICE] = b"{"
    run = inside.run("keyring", "reset", "--yes")
    assert (run.code, run.stderr) == (0, "")
    assert run.text == f"Discarded the credential {DEFAULT_SERVICE}. Log in again to each deployment.\n"
    assert keyring.blobs == {}


def test_a_reset_of_a_good_credential_is_refused(inside: Inside, keyring: MemoryKeyring) -> None:
    """Nothing is discarded that can be read."""
    before = dict(keyring.blobs)
    run = inside.run("keyring", "reset", "-y")
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        f"error: The credential {DEFAULT_SERVICE} is in order, and was not discarded\n"
        "To forget a session, use: coder logout --use-keyring --url URL\n"
    )
    assert keyring.blobs == before


def test_a_reset_asks(inside: Inside, keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe it names the way without a question; without a yes nothing is discarded."""
    keyring.blobs[DEFAULT_SERVICE] = b"{"
    run = inside.run("keyring", "reset", input="y\n")
    assert run == (1, b"", "error: Nobody is there to be asked\nConfirm with --yes\n")
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda prompt="": "n")
    run = inside.run("keyring", "reset")
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.endswith("error: Nothing was done: the credential is as it was\n")
    assert keyring.blobs == {DEFAULT_SERVICE: b"{"}
