"""What the judge of a run with a fault in it finds wrong; states and answers made up."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from coder_login.sessionstore import FileStore, SessionNotFoundError, SessionStoreError
from coder_login.sessionstore.private_directory import make_private
from fake_advapi32 import FakeAdvapi32, Stored
from prove import find_scenario
from seam_faults import Trial
from seams.oracle import Expected, Outcome, judge, name_state
from seams.running import Run
from seams.scenarios import make_scenarios
from seams.seam import BROKEN, DENIED, FULL, Fault, Kind, Seam, find_kinds, misleads
from seams.watched_advapi32 import WatchedAdvapi32
from seams.world import State, entered

import wincred
from wincred import _dll

OLD = State((("session", "OLD"), ("url", "old")), '{"a":"OLD"}', frozenset({"OLD"}))
NEW = State((("session", "MADE"), ("url", "new")), '{"a":"MADE"}', frozenset({"OLD", "MADE"}))
EXPECTED = Expected(OLD, NEW, "", prints_token=False, is_library=False)
FAILED = Run(1, "", "error: The disk is full\n")
DONE = Run(0, "Logged in to new.\n", "")
POSIX = os.name == "posix"
TOKEN = "0123456789-abcdefghijklmnopqrstuv"


def find(run: Run, state: State, expected: Expected = EXPECTED) -> list[str]:
    return judge(expected, Outcome(run, state, (TOKEN,)))


@pytest.mark.parametrize(("run", "state"), [(FAILED, OLD), (DONE, NEW)], ids=["failed", "done"])
def test_nothing_is_wrong_with_the_old_state_or_the_new_one(run: Run, state: State) -> None:
    """As the exit code says."""
    assert find(run, state) == []


MIXED = replace(OLD, files=(("session", "OLD"), ("url", "new")))
KEYLESS = replace(OLD, valid=frozenset({"OLD", "MADE"}))
WRONG = {
    "mixed-pair": (FAILED, MIXED, "the files are a mixed pair: ('new', 'OLD')"),
    "no-map": (FAILED, replace(OLD, keyring="{"), "the credential is neither the old one nor the new one, and no map"),
    "other-entry": (FAILED, replace(OLD, keyring='{"a":"x"}'), "in the keyring, neither old nor new: a"),
    "entry-gone": (FAILED, replace(OLD, keyring="{}"), "in the keyring, neither old nor new: a"),
    "key-left": (FAILED, KEYLESS, "a session key is left on the deployment without a word"),
    "revoked": (FAILED, replace(OLD, valid=frozenset()), "a revoked token is still stored, and nothing says so"),
    "traceback": (replace(FAILED, stderr="error: x\nTraceback: y\n"), OLD, "a traceback, or a bug"),
    "bug": (replace(FAILED, stderr="error: An unforeseen KeyError\n"), OLD, "a traceback, or a bug"),
    "token": (replace(FAILED, stderr=f"error: {TOKEN}\n"), OLD, "a token was printed"),
    "silent": (replace(FAILED, stderr=""), OLD, "it failed without an error"),
    "nothing-done": (DONE, OLD, "it succeeded, and nothing has changed"),
    "denied": (FAILED, NEW, "it is done, and the error does not say so"),
    "between": (DONE, replace(OLD, files=()), "what is left is neither old nor new, and nothing says so"),
}


@pytest.mark.parametrize(("run", "state", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found(run: Run, state: State, problem: str) -> None:
    """In what is left, or in what was said of it."""
    assert problem in find(run, state)


def test_who_believes_windows_has_nothing_to_tell() -> None:
    """It has said that there is no credential; a session that is left is neither lost nor mixed."""
    run = Run(0, "Logged out of new.\n", "")
    expected = replace(EXPECTED, old=replace(OLD, files=()), new=replace(NEW, files=()))
    left = replace(expected.old, valid=frozenset())
    assert judge(expected, Outcome(run, left, (TOKEN,))) != []
    assert judge(expected, Outcome(run, left, (TOKEN,), is_misled=True)) == []
    failed = replace(FAILED, stderr=f"error: {TOKEN}\n")
    assert judge(expected, Outcome(failed, left, (TOKEN,), is_misled=True)) == ["a token was printed"]


@pytest.mark.parametrize(
    ("name", "error", "is_answer"),
    [("CredReadW", 1168, True), ("CredReadW", 5, False), ("CredReadW", None, False), ("CredDeleteW", 1168, False)],
)
def test_that_there_is_no_credential_is_an_answer(name: str, error: int | None, is_answer: bool) -> None:
    """Of a read; all else is a failure, or an interruption."""
    assert misleads(name, Kind("it", error)) is is_answer


@pytest.mark.skipif(sys.platform != "win32", reason="there is no Credential Manager on this system")
def test_a_logout_may_believe_that_there_is_no_credential() -> None:
    """On the real one: the fault at each of its reads."""
    with entered() as world:
        scenarios = {scenario.name: scenario for scenario in make_scenarios(world)}
        trial = Trial(world, find_scenario(scenarios, "logout --yes, keyring"))
        reads = [number for number, name in enumerate(trial.calls) if name == "CredReadW"]
        tried = [trial.try_fault(Fault(number, Kind("error 1168", 1168))) for number in reads]
    assert reads
    assert [problems for _, problems in tried if problems] == []


TOLD = {
    "half-done": ("error: The files in x could not be put back as they were: x\n", replace(OLD, files=())),
    "key-left": ("error: The session key of this login could not be revoked: x\n", KEYLESS),
    "done": ("error: Logged in to new. But the answer could not be written\n", NEW),
    "left": ("error: The file url can't be removed: Permission denied\n", replace(OLD, files=(("url", "old"),))),
}


@pytest.mark.parametrize(("stderr", "state"), TOLD.values(), ids=TOLD)
def test_what_is_said_is_not_lost(stderr: str, state: State) -> None:
    """An error may leave what it names."""
    assert find(Run(1, "", stderr), state) == []


@pytest.mark.parametrize(
    ("code", "stdout", "problems"),
    [
        (0, "OLD\n", []),
        (0, "", ["it printed something else than the token"]),
        (1, "OL", ["it printed something else than the token"]),
        (1, "", []),
    ],
)
def test_a_token_is_printed_whole_or_not_at_all(code: int, stdout: str, problems: list[str]) -> None:
    """By `login token`, which changes nothing."""
    expected = Expected(OLD, OLD, "OLD\n", prints_token=True, is_library=False)
    assert find(Run(code, stdout, "error: x" if code else ""), OLD, expected) == problems


def test_a_mixed_pair_for_a_moment_is_found() -> None:
    """There a process that is killed leaves it; no session is none."""
    run = Outcome(DONE, NEW, (), (("old", "OLD"), ("old", None), ("new", None), ("new", "MADE")))
    assert judge(EXPECTED, run) == []
    run = replace(run, pairs=(("new", "OLD"), *run.pairs))
    assert judge(EXPECTED, run) == ["the files are a mixed pair: ('new', 'OLD')"]


@pytest.mark.parametrize(
    ("state", "problems"),
    [
        (replace(OLD, files=(("url", "old"),)), []),
        (replace(OLD, files=()), []),
        (replace(OLD, files=(("session", "OLD"),)), ["the files are a mixed pair: (None, 'OLD')"]),
    ],
    ids=["url-left", "done", "session-left"],
)
def test_a_logout_of_the_library_may_fail_once_the_token_is_gone(state: State, problems: list[str]) -> None:
    """By the protocol of a store."""
    expected = Expected(OLD, replace(OLD, files=()), "", prints_token=False, is_library=True)
    found = find(FAILED, state, expected)
    assert found[: len(problems)] == problems
    assert bool(found) is bool(problems)


def test_states_have_names() -> None:
    """By which they are counted."""
    assert [name_state(EXPECTED, state) for state in (OLD, NEW, MIXED)] == ["old", "new", "between"]


# The seam itself, over the fake of the DLL and real files.


@pytest.fixture
def dll(advapi32: FakeAdvapi32) -> FakeAdvapi32:
    advapi32.put(Stored(target_name="example.com", blob=b"secret"))
    return advapi32


@pytest.mark.usefixtures("dll")
def test_every_call_of_a_read_is_counted_and_can_fail() -> None:
    """With the error of Windows that is wanted."""
    seam = Seam()
    watched = WatchedAdvapi32(seam)
    with seam.installed(watched.load_ffi(), watched):
        assert wincred.read("example.com").blob == b"secret"
    assert (seam.calls, watched.find_problems(may_leave=False)) == (["CredReadW", "CredFree"], [])
    seam = Seam(Fault(0, next(kind for kind in find_kinds("CredReadW") if kind.error == 1312)))
    watched = WatchedAdvapi32(seam)
    with seam.installed(watched.load_ffi(), watched), pytest.raises(wincred.NoLogonSessionError):
        wincred.read("example.com")
    assert seam.is_reached


def test_what_is_not_wiped_or_not_freed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what Windows gave out."""
    fake = FakeAdvapi32()
    fake.install(monkeypatch)
    fake.put(Stored(target_name="example.com", blob=b"secret"))
    monkeypatch.setattr("wincred._marshal._wipe", lambda ffi, secrets: None)
    watched = WatchedAdvapi32(seam := Seam())
    with seam.installed(watched.load_ffi(), watched):
        wincred.read("example.com")
    assert watched.find_problems(may_leave=False) == ["an answer of Windows' was freed unwiped"]
    watched = WatchedAdvapi32(seam := Seam())
    with seam.installed(watched.load_ffi(), watched), monkeypatch.context() as patch:
        patch.setattr("wincred._marshal.release", lambda *arguments: None)
        wincred.read("example.com")
    left = ["an answer of Windows' was not wiped"]
    assert watched.find_problems(may_leave=True) == left
    assert watched.find_problems(may_leave=False) == ["1 answers of Windows' were not freed", *left]


@pytest.mark.usefixtures("advapi32")
@pytest.mark.parametrize(
    ("call", "code"), [("os.replace", DENIED), ("os.write", FULL), ("lock.flock" if POSIX else "lock.locking", BROKEN)]
)
def test_a_file_function_fails_as_it_is_told_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    """Once at the call of that number, or at all later ones, too; nothing stays open."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    write_session(tmp_path, None)
    calls = write_session(tmp_path, None).calls
    for number in [number for number, name in enumerate(calls) if name == call]:
        seam = write_session(tmp_path, Fault(number, Kind("an error", code, is_lasting=True)))
        assert (seam.is_reached, seam.calls[:number], seam.opened) == (True, calls[:number], set())


def write_session(directory: Path, fault: Fault | None) -> Seam:
    """The seam after a write, which an error ends; all that was there before is there again."""
    store = FileStore(directory / "config")
    with contextlib.suppress(SessionNotFoundError):
        store.delete("https://new.example.com")
    seam = Seam(fault)
    watched = WatchedAdvapi32(seam)
    with seam.installed(watched.load_ffi(), watched), contextlib.suppress(SessionStoreError):
        store.write("https://new.example.com", TOKEN)
    return seam


@pytest.mark.parametrize("name", ["before", "after"])
@pytest.mark.usefixtures("advapi32")
def test_ctrl_c_comes_before_a_call_or_after_it(tmp_path: Path, name: str) -> None:
    """By the signal, so that who has put it off hears nothing."""
    place = tmp_path / "directory"
    seam = Seam(Fault(0, next(kind for kind in find_kinds("os.mkdir") if kind.name == f"Ctrl-C {name}")))
    watched = WatchedAdvapi32(seam)
    with seam.installed(watched.load_ffi(), watched), pytest.raises(KeyboardInterrupt):
        make_private(str(place))
    assert place.exists() is (name == "after")


def test_every_function_of_the_dll_is_watched() -> None:
    """One that is called past the seam would meet no fault."""
    assert set(_dll.FUNCTIONS) <= set(dir(WatchedAdvapi32))
