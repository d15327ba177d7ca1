"""The benchmarks count right, say what is missed, and leave the user's own session alone.

With a fake at the DLL seam; two tests, as they say, on the real advapi32.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import machine
import peers
import pytest
import readers
import report
import run
import seam
from children import clean_environment, peak_memory, read_output
from coder_login import KeyringStore
from coder_login.sessionstore import DEFAULT_SERVICE
from fake_advapi32 import FakeAdvapi32, Stored
from keyring_reads import measure_keyring_reads
from least import BLOB, COMMENT, NAME, USER, Instant, Least
from samples import Samples, batch, interleave
from sessions import BLOB as SESSION_BLOB
from sessions import TOKEN, URL, removed, session_directory, system_session
from starts import without
from table import MEGABYTES, MILLISECONDS, Comparison, Table, Target
from whoami import measure_whoami

import wincred

SLOW, FAST = "slow", "fast"


@pytest.fixture
def instant() -> Iterator[Instant]:
    """A DLL that answers at once, in the place of the real one."""
    dll = Instant(seam.load_ffi(), 3)
    with seam.in_place_of_advapi32(dll):
        yield dll


@pytest.fixture
def own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of the keyring in a directory of this test's own."""
    for variable in ("XDG_STATE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(variable, str(tmp_path))


def test_the_median_and_the_quartiles() -> None:
    """One value far out moves neither."""
    samples = Samples((4.0, 1.0, 2.0, 3.0, 1000.0))
    assert (samples.median, samples.quartiles) == (3, (2, 4))


def test_a_single_round_has_quartiles() -> None:
    """For a quick look."""
    assert Samples((5.0,)).quartiles == (5, 5)


def test_two_things_are_compared_round_by_round() -> None:
    """Where all is slow for half of the time, both are: medians of each by itself would not say how they compare."""
    first, second = Samples((2.0, 20.0, 4.0)), Samples((1.0, 10.0, 1.0))
    assert first.divided_by(second) == Samples((2.0, 2.0, 4.0))
    assert first.minus(second) == Samples((1.0, 10.0, 3.0))


def test_what_is_lost_in_the_noise_is_no_small_ratio() -> None:
    """A start as fast as a bare one: the other took far longer, and a ratio below zero would pass for a good one."""
    assert Samples((1.0, 1.0)).divided_by(Samples((0.0, -0.1))) == Samples((math.inf, math.inf))


def test_things_take_turns_after_a_round_that_does_not_count() -> None:
    """Forwards and backwards; what each took is in its own samples."""
    order: list[str] = []

    def thing(name: str) -> Callable[[], float]:
        return lambda: float(order.append(name) or len(order))  # type: ignore[func-returns-value]  # None, so the count

    samples = interleave({name: thing(name) for name in "abc"}, 2)
    assert "".join(order) == "abc" + "cba" + "abc"
    assert samples == {"a": Samples((6, 7)), "b": Samples((5, 8)), "c": Samples((4, 9))}


def test_a_batch_takes_the_time_of_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """All calls are made, and what they took is shared out among them."""
    clock = iter([1_000_000, 3_000_000])
    calls: list[None] = []
    monkeypatch.setattr("time.perf_counter_ns", lambda: next(clock))
    measured = batch(lambda: calls.append(None), 20)()
    assert (measured, len(calls)) == (1e-4, 20)


@pytest.mark.parametrize(
    ("target", "measured", "is_met"),
    [
        pytest.param(Target(high=3), 3, True, id="at-most"),
        pytest.param(Target(high=3), 3.001, False, id="above"),
        pytest.param(Target(low=4), 4, True, id="at-least"),
        pytest.param(Target(low=4), 3.999, False, id="below"),
        pytest.param(Target(0.9, 1.1), 1.05, True, id="between"),
        pytest.param(Target(0.9, 1.1), 0.8, False, id="below-both"),
        pytest.param(Target(0.9, 1.1), 1.2, False, id="above-both"),
    ],
)
def test_a_target_is_met_within_its_bounds(target: Target, measured: float, is_met: bool) -> None:
    """The measured value, not the rounded one that is shown."""
    assert target.is_met_by(measured) is is_met


@pytest.mark.parametrize(
    ("comparison", "row"),
    [
        pytest.param(
            Comparison(SLOW, FAST, Target(high=3)), "slow ÷ fast | 4 | 4 to 8 | at most 3 | **no**", id="missed"
        ),
        pytest.param(Comparison(SLOW, FAST, Target(low=4)), "slow ÷ fast | 4 | 4 to 8 | at least 4 | yes", id="met"),
        pytest.param(
            Comparison(SLOW, FAST, Target(low=5)),
            "slow ÷ fast | 4 | 4 to 8 | at least 5 | within the noise",
            id="noise",
        ),
        pytest.param(
            Comparison(SLOW, FAST, Target(high=0.006), difference=True),
            "slow minus fast | 6 ms | 3 ms to 7 ms | at most 6 ms | yes",
            id="difference",
        ),
        pytest.param(
            Comparison(FAST, SLOW, Target(0.9, 1.1)),
            "fast ÷ slow | 0.25 | 0.125 to 0.25 | 0.9 to 1.1 | **no**",
            id="range",
        ),
        pytest.param(
            Comparison("a peer", FAST, Target(low=1)),
            "a peer ÷ fast | not measured |  | at least 1 | not measured",
            id="skipped",
        ),
    ],
)
def test_a_target_stands_beside_what_was_measured(comparison: Comparison, row: str) -> None:
    """With whether it is met; what was not measured is not said to be."""
    samples = {SLOW: Samples((0.008, 0.008, 0.004)), FAST: Samples((0.002, 0.001, 0.001))}
    lines = report.render_targets([Table("Title", MILLISECONDS, samples, (comparison,))]).splitlines()
    assert lines == ["| what | median | quartiles | target | met |", f"|{' --- |' * 5}", f"| {row} |"]


def test_a_table_shows_everything_and_how_to_repeat_it() -> None:
    """The medians, the spread, what has no target, what is missing and why."""
    samples = {SLOW: Samples((4e6, 8e6, 9e6)), FAST: Samples((2e6, 2e6, 3e6))}
    comparisons = (Comparison(SLOW, FAST), Comparison(SLOW, FAST, Target(high=3)))
    table = Table("Title", MEGABYTES, samples, comparisons, {"a peer": "keyring is not installed"}, ("A note.",))
    assert report.render_table(table, "python run.py --only name").splitlines() == [
        "### Title",
        "",
        "`python run.py --only name`",
        "",
        "| what | median | quartiles |",
        "| --- | --- | --- |",
        "| slow | 8 MB | 4 MB to 9 MB |",
        "| fast | 2 MB | 2 MB to 3 MB |",
        "| a peer | not measured: keyring is not installed |  |",
        "| slow ÷ fast | 3 | 2 to 4 |",
        "",
        "A note.",
    ]


def test_a_run_replaces_the_section_of_its_own_system() -> None:
    """Wherever it stands; the other system's stays as it is."""
    page = report.replace_section(report.replace_section("", "## Linux\n\nold\n"), "## Windows\n\n### One\n\nother\n")
    replaced = report.replace_section(page, "## Linux\n\nnew\n")
    assert replaced == f"{report.INTRODUCTION}\n## Linux\n\nnew\n\n## Windows\n\n### One\n\nother\n"


def test_the_page_in_the_repository_is_as_a_run_writes_it() -> None:
    """What stands before the sections was not edited by hand."""
    page = run.PAGE.read_text(encoding="utf-8")
    assert page.startswith(f"{report.INTRODUCTION}\n## ")


def test_one_table_is_printed_and_the_page_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """`--only` repeats a part of the page: here real calls over a DLL that answers at once."""
    monkeypatch.setattr(run, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(sys, "argv", ["run.py", "--only", "calls", "--rounds", "1"])
    run.main()
    printed = capfdbinary.readouterr().out.decode()
    assert "| `wincred.read` ÷ the least for a read |" in printed
    assert f"`{machine.find_command()} --only calls`" in printed
    assert not run.PAGE.exists()


def test_a_run_writes_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every table, under the heading of this system."""
    table = Table("Title", MILLISECONDS, {SLOW: Samples((0.001,))}, (Comparison(SLOW, SLOW, Target(high=1)),))
    monkeypatch.setattr(run, "PAGE", tmp_path / "page.md")
    monkeypatch.setattr(run, "MEASURES", {"one": lambda rounds: table})
    monkeypatch.setattr(sys, "argv", ["run.py"])
    run.main()
    page = run.PAGE.read_bytes().decode()
    assert page.startswith(f"{report.INTRODUCTION}\n## ")
    assert "--only one" in page
    assert "| slow ÷ slow | 1 | 1 to 1 | at most 1 | yes |" in page


def test_the_least_gives_the_same_fields(instant: Instant) -> None:
    """Else it would be less than the same work: each field of a read and of a listing."""
    least, ours = Least(seam.load_ffi(), instant), wincred.read(NAME)
    theirs = Least(seam.load_ffi(), Instant(seam.load_ffi(), 1)).read(NAME)
    fields: tuple[object, ...] = (ours.target_name, ours.type, BLOB, ours.user_name, ours.comment, ())
    fields += (ours.persist, 133_485_408_000_000_000, ours.target_alias, ours.flags)
    assert theirs == fields
    assert (ours.user_name, ours.comment, ours.last_written.isoformat()) == (USER, COMMENT, "2024-01-01T00:00:00+00:00")
    assert len(least.enumerate()) == len(wincred.enumerate()) == 3


def test_the_least_of_attributes_is_to_copy_and_wipe_them() -> None:
    """They are fields too, where there are any."""
    ffi = seam.load_ffi()
    dll = Instant(ffi, 1)
    found = ffi.new("CREDENTIALW **")
    dll.CredReadW(None, 1, 0, found)
    value, keyword = ffi.new("uint8_t[]", b"value"), ffi.new("wchar_t[]", "keyword")
    slots = ffi.new("CREDENTIAL_ATTRIBUTEW[]", [{"Keyword": keyword, "ValueSize": 5, "Value": value}])
    found[0].Attributes, found[0].AttributeCount = slots, 1
    assert Least(ffi, dll).read(NAME)[5] == [("keyword", b"value")]
    assert bytes(ffi.buffer(value, 5)) == bytes(5)


@pytest.mark.parametrize("doing", ["read", "enumerate"])
def test_the_least_wipes_and_frees_what_it_was_given(monkeypatch: pytest.MonkeyPatch, doing: str) -> None:
    """As the binding does: once, and after the blobs are wiped."""
    ffi = seam.load_ffi()
    dll, freed = Instant(ffi, 2), []
    monkeypatch.setattr(dll, "CredFree", lambda block: freed.append([blob(ffi, dll, index) for index in range(2)]))
    least = Least(ffi, dll)
    _ = least.read(NAME) if doing == "read" else least.enumerate()
    assert freed == [[bytes(33), BLOB if doing == "read" else bytes(33)]]


def test_the_least_writes_the_same_and_wipes_its_copy(monkeypatch: pytest.MonkeyPatch, instant: Instant) -> None:
    """Name, user, comment, blob, type and persistence reach the DLL, from both alike."""
    ffi = seam.load_ffi()
    written: list[tuple[Any, tuple[object, ...]]] = []

    def keep(struct: Any, flags: int) -> int:
        texts = [ffi.string(text) for text in (struct.TargetName, struct.UserName, struct.Comment)]
        copy = bytes(ffi.buffer(struct.CredentialBlob, struct.CredentialBlobSize))
        written.append((struct.CredentialBlob, (*texts, copy, struct.Type, struct.Persist, flags)))
        return 1

    monkeypatch.setattr(instant, "CredWriteW", keep)
    wiped: list[tuple[Any, bytes, int]] = []
    least = Least(ffi, instant)
    monkeypatch.setattr(least, "_memmove", lambda place, source, size: wiped.append((place, bytes(source), size)))
    least.write(NAME, BLOB, USER, COMMENT)
    wincred.write(NAME, BLOB, user_name=USER, comment=COMMENT)
    assert written[0][1] == written[1][1] == (NAME, USER, COMMENT, BLOB, 1, 2, 0)
    assert [(place == written[0][0], source, size) for place, source, size in wiped] == [(True, bytes(33), 33)]


def blob(ffi: Any, dll: Instant, index: int) -> bytes:
    """What the blob of one of the credentials holds now."""
    count, listed = ffi.new("uint32_t *"), ffi.new("CREDENTIALW ***")
    dll.CredEnumerateW(ffi.NULL, 0, count, listed)
    struct = listed[0][index]
    return bytes(ffi.buffer(struct.CredentialBlob, struct.CredentialBlobSize))


@pytest.mark.usefixtures("own_lock")
def test_a_session_of_the_users_own_is_not_touched(advapi32: FakeAdvapi32) -> None:
    """Nothing is written beside it, and the report says why nothing is measured."""
    theirs = Stored(target_name=DEFAULT_SERVICE, blob=b"{}")
    advapi32.put(theirs)
    with system_session() as in_the_way:
        assert in_the_way == "the credential coder-v2-credentials holds a session of yours"
    assert advapi32.get(DEFAULT_SERVICE) == theirs
    assert "CredWriteW" not in advapi32.calls
    assert "CredDeleteW" not in advapi32.calls


@pytest.mark.usefixtures("own_lock")
@pytest.mark.parametrize("leftover", [pytest.param(False, id="empty"), pytest.param(True, id="leftover")])
def test_a_session_is_there_to_be_measured_and_then_gone(advapi32: FakeAdvapi32, leftover: bool) -> None:
    """Where there was none, or one that a run has left which was killed."""
    if leftover:
        advapi32.put(Stored(target_name=DEFAULT_SERVICE, blob=SESSION_BLOB))
    with system_session() as in_the_way:
        assert in_the_way is None
        stored = advapi32.get(DEFAULT_SERVICE)
        assert stored is not None
        assert stored.blob == SESSION_BLOB
    assert advapi32.get(DEFAULT_SERVICE) is None


@pytest.mark.usefixtures("own_lock")
def test_what_another_program_stores_meanwhile_stays(advapi32: FakeAdvapi32) -> None:
    """A login during the measurement is not undone by its end."""
    with system_session():
        KeyringStore().write("https://dev.example.com", TOKEN)
    stored = advapi32.get(DEFAULT_SERVICE)
    assert stored is not None
    assert list(json.loads(stored.blob)) == ["dev.example.com"]


@pytest.mark.usefixtures("own_lock")
def test_a_logout_meanwhile_is_no_failure(advapi32: FakeAdvapi32) -> None:
    """The session has gone; so it should."""
    with system_session():
        advapi32.remove(DEFAULT_SERVICE)
    assert advapi32.get(DEFAULT_SERVICE) is None


def test_a_peer_that_is_not_installed_is_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it would be compared with is measured all the same."""
    monkeypatch.setattr(readers, "is_installed", lambda module: module == "win32ctypes")
    things: readers.Things = dict.fromkeys((readers.WINCRED, readers.PYWIN32_CFFI, readers.KEYRING_GET), ())
    missing = readers.find_missing(things)
    assert missing == {readers.KEYRING_GET: "keyring is not installed"}
    assert list(without(things, missing)) == [readers.WINCRED, readers.PYWIN32_CFFI]


@pytest.mark.credential_manager
@pytest.mark.parametrize("backend", peers.BACKENDS)
def test_the_peer_is_measured_with_each_of_its_backends(backend: str) -> None:
    """It chooses once for a process; on the real advapi32, where it is installed."""
    peers.forget_peers()
    try:
        win32cred = peers.import_win32cred(backend)
        assert win32cred._authentication.__name__ == f"win32ctypes.core.{backend}._authentication"
    finally:
        peers.forget_peers()


def test_made_credentials_are_removed_in_the_end(advapi32: FakeAdvapi32) -> None:
    """When it fails, too, and when one of them has gone."""
    advapi32.put(Stored(target_name="second"))
    with pytest.raises(KeyError), removed("first", "second"):
        raise KeyError
    assert advapi32.get("second") is None


def test_the_command_finds_the_session_of_the_directory() -> None:
    """What is measured is what an editor does: a token is printed."""
    with session_directory() as directory:
        output = read_output("-m", "coder_login", "--global-config", directory, "login", "token")
    assert output.split() == [TOKEN.encode()]
    assert not Path(directory).exists()
    assert URL.endswith(".invalid")


def test_the_time_of_what_fails_is_not_measured() -> None:
    """It would look fast."""
    with pytest.raises(subprocess.CalledProcessError):
        read_output("-c", "raise SystemExit(3)")


def test_settings_of_the_users_own_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bytecode cache that is off, a token, a keyring that was chosen."""
    for name in ("PYTHONDONTWRITEBYTECODE", "CODER_SESSION_TOKEN", "coder_url", "PYTHON_KEYRING_BACKEND"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("SOMETHING_ELSE", "kept")
    environment = clean_environment()
    unwanted = ("PYTHONDONTWRITEBYTECODE", "CODER_", "PYTHON_KEYRING_BACKEND")
    assert [name for name in environment if name.upper().startswith(unwanted)] == []
    assert environment["SOMETHING_ELSE"] == "kept"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells no peak of a process that has ended")
def test_the_peak_of_a_process_is_its_own() -> None:
    """Not that of whoever started it: a system counts the memory that a new process shares with that one at first."""
    ours = bytearray(b"x" * 200_000_000)
    assert 2e6 < peak_memory("-c", "pass")() < 100e6 < len(ours)


@pytest.mark.parametrize("measure", [measure_keyring_reads, measure_whoami], ids=lambda measure: measure.__name__)
def test_what_is_compared_is_measured(measure: Callable[[int], Table]) -> None:
    """A single round of the two that need the most around them, a keyring (Wine's real one too) and a deployment."""
    table = measure(1)
    assert all(value > 0 for samples in table.samples.values() for value in samples.values)
    assert [comparison.label for comparison in table.comparisons if comparison.compute(table.samples) is None] == []
