"""`coder keyring`: status, list, migrate and reset, against a keyring in memory."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from coder_login.commands import output
from coder_login.sessionstore import DEFAULT_SERVICE, StoreUnavailableError
from coder_login.sessionstore.keyrings.windows import WindowsCredentialManager
from deployment import Deployment
from file_keyring import FileKeyring
from file_steps import raising
from go_client import GoClient
from memory_keyring import MemoryKeyring

import wincred
from cli import TOKEN, Inside

pytest_plugins = ["cli_fixtures"]

KEYRING_PLACE = f"the system's keyring ({DEFAULT_SERVICE})"
ONE, TWO = "https://one.example.com", "https://two.example.com:8443"
NAMES = ["supported", "available", "usable", "reason", "target_name", "persistence"]
NAMES += ["bytes_used", "bytes_free", "deployments", "go_cli_problem"]


@pytest.fixture
def keyring(inside: Inside, memory_keyring: MemoryKeyring) -> MemoryKeyring:
    """A keyring with two sessions; the url file names the second's deployment."""
    for url in (ONE, TWO):
        inside.machine.keyring().write(url, TOKEN)
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
    """Exit code 0; how full it is, and how many sessions; as text a line a fact. It is only read."""
    used = len(keyring.blobs[DEFAULT_SERVICE])
    facts = [True, True, True, None, DEFAULT_SERVICE, "local_machine", used, 2560 - used, 2, None]
    assert status(inside) == (0, dict(zip(NAMES, facts, strict=True)))
    run = inside.run("keyring", "status")
    assert (run.code, run.stderr) == (0, "")
    assert run.text == (
        "supported: yes\navailable: yes\nusable: yes\n"
        f"target name: {DEFAULT_SERVICE}\nstrongest persistence: local_machine\n"
        f"bytes used: {used}\nbytes free: {2560 - used}\ndeployments: 2\n"
    )
    assert set(keyring.calls) == {"get"}


@pytest.mark.usefixtures("no_keyring")
def test_no_supported_keyring(inside: Inside) -> None:
    """Exit code 1, why, and what to do instead."""
    code, report = status(inside)
    assert (code, report["supported"], report["available"], report["usable"]) == (1, False, False, False)
    assert report["reason"] == (
        f"there is no supported keyring on this system ({sys.platform}). "
        "Without --use-keyring, a login keeps the token in a file."
    )
    assert {report[name] for name in NAMES[5:]} == {None}
    run = inside.run("keyring", "status")
    assert (run.code, run.stderr) == (1, "")
    assert run.text.startswith("supported: no\navailable: no\nusable: no\nreason: there is no supported keyring")


def test_an_unavailable_keyring(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Supported here, but not in this logon session."""
    monkeypatch.setattr("coder_login.sessionstore.keyring_store.open_system_keyring", WindowsCredentialManager)
    monkeypatch.setattr(wincred, "max_persist", lambda: wincred.Persist.SESSION)
    code, report = status(inside)
    assert (code, report["supported"], report["available"], report["usable"]) == (1, True, False, False)
    assert report["reason"].startswith("Windows keeps no credentials beyond this logon session")


def test_a_keyring_that_can_not_be_read(inside: Inside, keyring: MemoryKeyring) -> None:
    """A failure of the reading is told like any other."""
    keyring.before("get", raising(StoreUnavailableError("no access")))
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


REPLACE = "A login with --use-keyring and --replace puts a session in the place of what has a deployment's key."
PROGRAM = "the system's own program (on Windows: Control Panel, Credential Manager)"
REMOVE = f"remove the credential in {PROGRAM}, and log in again to each deployment."
MENDED = "The next login with --use-keyring repairs it."
MAP = json.dumps({"one.example.com": {"coder_url": ONE, "api_token": TOKEN}})


@pytest.mark.parametrize(
    ("blob", "fact", "step"),
    [
        pytest.param(
            b'{"a": "x", "b": {}, "c\\u202e": 5}',
            'the entry "a" is a JSON string, not an object; the entry "c\\u202e" is a JSON number, not an object',
            f"{REPLACE} For the rest, {REMOVE}",
            id="entries",
        ),
        pytest.param(
            b'{"a.example": {"API_Token": 7, "api_token": "x"}}',
            'the entry "a.example" has a field "API_Token" that is a JSON number, not a string',
            REPLACE,
            id="field",
        ),
        pytest.param(
            MAP.encode("utf-16-le"), "it has a byte-order mark, or another encoding than UTF-8", MENDED, id="utf-16"
        ),
        pytest.param(
            f'{{"coder_url": "{ONE}", "api_token": "{TOKEN}"}}'.encode(),
            "it is a single session, in an older form",
            MENDED,
            id="single-session",
        ),
        pytest.param(
            f'{{"{TOKEN}": "{ONE}"}}'.encode(),
            'the entry "[hidden]" is a JSON string, not an object',
            f"{REPLACE} For the rest, {REMOVE}",
            id="token-as-key",
        ),
        pytest.param(
            b'{"schema version": 2, "one.example.com": {}}',
            'the entry "schema version" is a JSON number, not an object',
            f"No login repairs it: {REMOVE}",
            id="no-host",
        ),
    ],
)
def test_what_the_go_cli_can_not_read_is_named(
    inside: Inside, memory_keyring: MemoryKeyring, blob: bytes, fact: str, step: str
) -> None:
    """Every call of it fails, and ours work: the keys, and no more of them, as JSON and as text; the exit code is 0."""
    memory_keyring.blobs[DEFAULT_SERVICE] = blob
    code, report = status(inside)
    problem = f"the Go CLI can't read the credential: {fact}. {step}"
    assert (code, report["usable"], report["reason"], report["go_cli_problem"]) == (0, True, None, problem)
    run = inside.run("keyring", "status")
    assert (run.code, run.text.splitlines()[-1]) == (0, f"Go CLI problem: {problem}")
    assert TOKEN not in run.text


def test_a_login_mends_what_the_go_cli_can_not_read(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """As the next step says: the form of the whole with any, a deployment's entry with its own."""
    for blob in (MAP.encode("utf-16-le"), b'{"two.example.com:8443": "x"}'):
        memory_keyring.blobs[DEFAULT_SERVICE] = blob
        inside.machine.keyring().write(TWO, TOKEN, replace=True)
        assert status(inside)[1]["go_cli_problem"] is None


def test_the_list(inside: Inside, keyring: MemoryKeyring) -> None:
    """The deployments, which is current, and never a token."""
    run = inside.run("keyring", "list")
    assert run == (0, f"  {ONE}\n* {TWO}\n".encode(), "")
    run = inside.run("keyring", "list", "-o", "json")
    assert (run.code, run.stderr) == (0, "")
    assert json.loads(run.stdout) == [{"url": ONE, "current": False}, {"url": TWO, "current": True}]
    assert TOKEN not in run.text


def test_a_list_with_a_loopback_session_of_an_older_client(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """It recorded no scheme; the url file says which deployment it serves."""
    url = "http://localhost:3000"
    GoClient(memory_keyring, records_origin=False, service=DEFAULT_SERVICE).write(url, TOKEN)
    inside.machine.keep(url, TOKEN)
    assert inside.run("keyring", "list") == (0, f"* {url}\n".encode(), "")


def test_a_list_on_a_narrow_terminal(inside: Inside, keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each mark stays before its URL, however long that is."""
    monkeypatch.setattr("coder_login.commands.output.is_terminal", lambda stream: True)
    monkeypatch.setattr("coder_login.commands.output._MIN_WIDTH", 1)
    run = inside.run("keyring", "list", env={"COLUMNS": "10"})
    assert run.text == f"  {ONE}\n* {TWO}\n"


def test_an_empty_keyring(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """It is usable, too; its list is nothing on standard output, or an empty list, and no error."""
    code, report = status(inside)
    assert (code, [report[name] for name in ("usable", *NAMES[6:])]) == (0, [True, 0, 2560, 0, None])
    assert inside.run("keyring", "list") == (0, b"", "No session in the keyring.\n")
    assert inside.run("keyring", "list", "-o", "json") == (0, b"[]\n", "")


def test_a_keyring_without_a_limit(inside: Inside, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """How much is free is not known then."""
    keyring = FileKeyring(tmp_path / "keyring")
    monkeypatch.setattr("coder_login.sessionstore.keyring_store.open_system_keyring", lambda: keyring)
    code, report = status(inside)
    assert (code, report["usable"], report["bytes_used"], report["bytes_free"]) == (0, True, 0, None)
    assert report["persistence"] == "file"


@pytest.mark.parametrize("is_file", [True, False], ids=["no-url", "no-file"])
def test_a_list_with_a_url_file_that_names_nothing(inside: Inside, keyring: MemoryKeyring, is_file: bool) -> None:
    """Then none is current."""
    path = inside.machine.directory / "url"
    if is_file:
        path.write_text("://")
    else:
        path.unlink()
        path.mkdir()
    run = inside.run("keyring", "list", "-o", "json")
    assert [row["current"] for row in json.loads(run.stdout)] == [False, False]


def test_a_hostile_key_is_not_listed_as_it_is(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """What another program wrote moves no cursor."""
    memory_keyring.blobs[DEFAULT_SERVICE] = json.dumps(
        {"a\x1b[2J": {"coder_url": "https://dev.example.com/\x1b[2J", "api_token": TOKEN}}
    ).encode()
    run = inside.run("keyring", "list")
    assert (run.code, "\x1b" in run.text + run.stderr) == (0, False)


def test_a_migration(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """It says from where and to where; the url file goes on naming the deployment."""
    inside.machine.keep(TWO, TOKEN)
    place = f"the file {inside.machine.directory / 'session'}"
    said = f"Moved the session for {TWO} from {place} into {KEYRING_PLACE}.\n"
    assert inside.run("keyring", "migrate") == (0, said.encode(), "")
    assert inside.machine.files() == {"url": TWO.encode()}
    assert inside.run("login", "token", "--use-keyring").text == f"{TOKEN}\n"


def test_a_migration_that_fails_half_way(inside: Inside, keyring: MemoryKeyring) -> None:
    """Where the session is now, and the next step."""
    keyring.before("set", raising(StoreUnavailableError("it is gone")))
    place = f"the file {inside.machine.directory / 'session'}"
    said = f"error: The session is still in {place}: it is gone\nRun this again.\n"
    assert inside.run("keyring", "migrate") == (1, b"", said)


def test_a_migration_onto_another_session(inside: Inside, keyring: MemoryKeyring) -> None:
    """The keyring's own one is given up only with --replace; --url names a deployment as well as the url file."""
    other = TOKEN[::-1].replace("-", "x")
    inside.machine.keep(TWO, other)
    run = inside.run("keyring", "migrate", "--url", TWO)
    assert (run.code, run.stdout, run.stderr.splitlines()) == (
        1,
        b"",
        [
            f"error: The keyring already has another session for {TWO}",
            "Replace that one with --replace, or give up the file's with: "
            f"coder logout --use-keyring=false --url {TWO}",
        ],
    )
    assert inside.run("keyring", "migrate", "--replace").code == 0
    assert inside.run("login", "token", "--use-keyring").text == f"{other}\n"


def test_a_migration_without_a_session(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """There is nothing to move."""
    run = inside.run("keyring", "migrate")
    assert (run.code, run.stdout, memory_keyring.blobs) == (1, b"", {})
    assert run.stderr.endswith("no url file names a deployment\nLog in with: coder login URL\n")


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
        f"error: The credential {DEFAULT_SERVICE} can be read, and was not discarded\n"
        f"To discard it all the same, remove it in {PROGRAM}.\n"
        "To forget a session, use: coder logout --use-keyring --url URL\n"
    )
    assert keyring.blobs == before


def test_a_reset_of_an_empty_keyring_says_so(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """There is nothing to discard; exit code 1, as nothing was done."""
    run = inside.run("keyring", "reset", "-y")
    assert (run.code, run.stdout, memory_keyring.blobs) == (1, b"", {})
    assert run.stderr == (
        f"error: Nothing is stored in the credential {DEFAULT_SERVICE}, and nothing was discarded\n"
        "Log in with: coder login --use-keyring URL\n"
    )


def test_a_session_without_a_scheme_is_not_said_to_be_for_https(inside: Inside, memory_keyring: MemoryKeyring) -> None:
    """The released Go client recorded none: the fact, and a login that needs no --replace."""
    GoClient(memory_keyring, records_origin=False, service=DEFAULT_SERVICE).write("http://d.example", TOKEN)
    run = inside.run("login", "token", "--use-keyring", "--url", "http://d.example")
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr == (
        "error: No scheme was recorded with the stored session for d.example, and it is not used for http://d.example\n"
        "Log in again, which replaces it, with: coder login --use-keyring http://d.example\n"
    )


def test_the_login_after_two_sessions_of_one_origin_replaces_both(
    inside: Inside, deployment: Deployment, memory_keyring: MemoryKeyring
) -> None:
    """The error names both keys; its next step, pasted as it stands, leaves one session for either client."""
    url, go = str(deployment.url), GoClient(memory_keyring, records_origin=True, service=DEFAULT_SERVICE)
    spelled = url.replace("127.0.0.1:", "127.0.0.1:0")
    inside.machine.keyring().write(url, TOKEN)
    go.write(spelled, TOKEN[::-1].replace("-", "x"))
    keys = " and ".join(f'"{one.removeprefix("http://")}"' for one in (url, spelled))
    run = inside.run("login", "token", "--use-keyring", "--url", url)
    error, _, step = run.stderr.partition("\n")
    assert error == f"error: The keyring holds two different sessions of one origin, under {keys}"
    assert step == f"Log in again, which replaces both, with: coder login --use-keyring {url}\n"
    token = deployment.issue_token()
    assert inside.run(*step.partition("coder ")[2].split(), input=f"{token}\n").code == 0
    assert inside.run("login", "token", "--use-keyring").text == f"{token}\n"
    assert (go.read(spelled), go.read(url)) == (token, token)


def test_a_reset_asks(inside: Inside, keyring: MemoryKeyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe it names the way without a question; without a yes nothing is discarded."""
    keyring.blobs[DEFAULT_SERVICE] = b"{"
    run = inside.run("keyring", "reset", input="y\n")
    assert run == (1, b"", "error: This must be confirmed, and there is no terminal to ask on\nConfirm with --yes\n")
    monkeypatch.setattr(output, "is_terminal", lambda stream: True)
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda prompt="": "n")
    run = inside.run("keyring", "reset")
    assert (run.code, run.stdout) == (1, b"")
    assert run.stderr.endswith("error: Nothing was done: the credential is as it was\n")
    assert keyring.blobs == {DEFAULT_SERVICE: b"{"}
