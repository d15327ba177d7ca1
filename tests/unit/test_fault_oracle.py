"""What the faults of the reliability suite are told by; on runs that a test makes up, without a process."""

from __future__ import annotations

from dataclasses import replace

import pytest
from faulting.calls import EMPTY, Call, is_reached, list_calls, make_injection
from faulting.oracle import Kind, Outcome, State, Trial, find_next_flaws
from faulting.prover import Tried
from faulting.scenarios import GIVEN, MINTED, OTHER_URL, STORED, URL, make_scenarios
from faults import find_unreached

SCENARIOS = make_scenarios()
READ = Call("read", 3, "config/coderv2/url")
DONE = "Logged in to http://@HOST@ as alex."
VALID = frozenset({STORED, GIVEN})
OLD = State({"url": OTHER_URL, "session": "@ELSEWHERE@"}, None, frozenset(), VALID)
NEW = State({"url": URL, "session": MINTED}, None, frozenset(), VALID | {MINTED})
NONE = replace(OLD, files={"url": URL})
MIXED = replace(OLD, files={"url": URL, "session": "@ELSEWHERE@"})
REFERENCE = Outcome(0, DONE, "", NEW)
REASON = "Input/output error"
FAILED = Outcome(1, "", f"error: The file can't be read: {REASON}", OLD)


def make_trial(outcome: Outcome, fault: str = "EIO", call: Call = READ) -> Trial:
    """A login that switches to another deployment with a key of its own."""
    return Trial(SCENARIOS["login-mint-file-switch"], call, fault, OLD, REFERENCE, outcome)


def make_logout(outcome: Outcome, fault: str = "EIO") -> Trial:
    before = State({"url": URL, "session": STORED}, None, frozenset(), VALID)
    reference = Outcome(0, "Logged out of", "", State({}, None, frozenset(), VALID - {STORED}))
    return Trial(SCENARIOS["logout-file"], READ, fault, before, reference, outcome)


@pytest.mark.parametrize(
    ("outcome", "fault", "kind"),
    [
        pytest.param(FAILED, "EIO", Kind.OLD, id="failed"),
        pytest.param(REFERENCE, "EINTR", Kind.NEW, id="tried-again"),
        pytest.param(
            replace(REFERENCE, code=1, stdout="", stderr=f"error: {DONE} But {REASON}"), "EIO", Kind.NEW, id="unsaid"
        ),
        pytest.param(replace(FAILED, code=130), "SIGINT", Kind.OLD, id="interrupted"),
        pytest.param(replace(FAILED, code=-15, stderr=""), "SIGTERM", Kind.OLD, id="ended-at-once"),
        pytest.param(Outcome(-9, "", "", OLD), "SIGKILL", Kind.OLD, id="killed"),
        pytest.param(Outcome(-9, "", "", NONE), "SIGKILL", Kind.BETWEEN, id="killed-between"),
        pytest.param(Outcome(-9, "", "", replace(OLD, valid=NEW.valid)), "SIGKILL", Kind.OLD, id="killed-with-key"),
    ],
)
def test_a_run_that_ended_as_it_should(outcome: Outcome, fault: str, kind: Kind) -> None:
    """It has no flaw, and counts by what is stored."""
    trial = make_trial(outcome, fault)
    assert (trial.find_flaws(), trial.kind) == ([], kind)


@pytest.mark.parametrize(
    ("outcome", "fault", "flaw"),
    [
        pytest.param(Outcome(-9, "", "", MIXED), "SIGKILL", "neither the old state nor the new one", id="mixed-pair"),
        pytest.param(replace(FAILED, state=NONE), "EIO", "a part of the new state is stored", id="half"),
        pytest.param(
            replace(FAILED, state=replace(OLD, valid=NEW.valid)), "EIO", "a key is left without a word", id="lost-key"
        ),
        pytest.param(
            replace(REFERENCE, state=replace(NEW, valid=VALID)), "EIO", "the key that is stored was revoked", id="dead"
        ),
        pytest.param(replace(FAILED, state=replace(OLD, valid=frozenset({GIVEN}))), "EIO", "was revoked", id="revoked"),
        pytest.param(replace(FAILED, stderr="Traceback (most"), "EIO", "a bug is told", id="traceback"),
        pytest.param(replace(FAILED, stderr="error: An unforeseen X"), "EIO", "a bug is told", id="bug"),
        pytest.param(replace(FAILED, stderr=f"error: {MINTED}"), "EIO", "@MINTED@ is printed", id="token"),
        pytest.param(replace(FAILED, stdout=GIVEN), "EIO", "@GIVEN@ is printed", id="token-in-answer"),
        pytest.param(replace(FAILED, code=0), "EIO", "exit code 0, and the work is not done", id="not-done"),
        pytest.param(replace(REFERENCE, stdout=""), "EIO", "exit code 0, and another answer", id="unanswered"),
        pytest.param(replace(FAILED, stderr=""), "EIO", "exit code 1, and no error", id="silent"),
        pytest.param(FAILED, "ENOSPC", "another reason is given", id="reason"),
        pytest.param(
            replace(REFERENCE, code=1, stdout="", stderr="error: x"), "EIO", "nothing is said of what is done", id="mum"
        ),
        pytest.param(
            replace(REFERENCE, code=1, stderr=f"error: {DONE} But the answer could not be written"),
            "ENOSPC",
            "the answer is denied, and written",
            id="denied",
        ),
        pytest.param(FAILED, "EINTR", "an interrupted call was not tried again", id="interrupted-call"),
        pytest.param(FAILED, "SIGINT", "exit code 1", id="signal"),
        pytest.param(replace(FAILED, code=120), "EIO", "exit code 120", id="exit-code"),
        pytest.param(replace(FAILED, code=None), "EIO", "it hangs", id="hangs"),
        pytest.param(Outcome(-15, "", "", NEW), "SIGTERM", "ended by the signal half-way", id="half-way"),
        pytest.param(
            replace(FAILED, state=replace(OLD, staged=frozenset({".session.old"}))),
            "EIO",
            "nothing is said of ['.session.old']",
            id="staged",
        ),
        pytest.param(
            replace(FAILED, state=replace(OLD, open=frozenset({"session"}))), "EIO", "others can read", id="open"
        ),
    ],
)
def test_a_run_that_did_not(outcome: Outcome, fault: str, flaw: str) -> None:
    """What is wrong is told."""
    assert flaw in "; ".join(make_trial(outcome, fault).find_flaws())


@pytest.mark.parametrize(
    ("said", "flaws"),
    [
        pytest.param(
            "error: The session was forgotten here, but perhaps not revoked: Input/output error", [], id="perhaps"
        ),
        pytest.param(
            "error: The session was forgotten here, but not revoked: Input/output error",
            ["the session is revoked, and that is denied"],
            id="denied",
        ),
    ],
)
def test_a_logout_whose_answer_was_lost(said: str, flaws: list[str]) -> None:
    """The deployment has revoked the session: nobody may say that it has not."""
    trial = make_logout(Outcome(1, "", said, State({}, None, frozenset(), VALID - {STORED})))
    assert (trial.find_flaws(), trial.kind) == (flaws, Kind.NEW)


@pytest.mark.parametrize(
    ("following", "flaws"),
    [
        pytest.param(Outcome(0, DONE, "", NEW), [], id="done"),
        pytest.param(
            FAILED, ["the next run ends with 1: error: The file can't be read: Input/output error"], id="failed"
        ),
        pytest.param(
            Outcome(0, DONE, "", replace(NEW, staged=frozenset({".url.new"}))),
            ["the next run leaves ['.url.new']"],
            id="staged",
        ),
    ],
)
def test_the_next_run(following: Outcome, flaws: list[str]) -> None:
    """It does what is left to do, and removes what a killed one has left."""
    assert find_next_flaws(make_trial(Outcome(-9, "", "", NONE), "SIGKILL"), following) == flaws


def test_the_next_run_after_a_logout() -> None:
    """There is nothing left to do, and it says so."""
    gone = State({"url": URL}, None, frozenset(), VALID)
    trial = make_logout(Outcome(-9, "", "", gone), "SIGKILL")
    assert find_next_flaws(trial, Outcome(1, "", "error: No session", gone)) == []
    assert find_next_flaws(trial, Outcome(0, "", "", gone)) == ["the next run ends with 0: "]


LOG = """\
7 openat(AT_FDCWD</>, "/lib/x.py", O_RDONLY) = 3</lib/x.py>
7 openat(AT_FDCWD</>, "/run/config/url", O_RDONLY) = 3</run/config/url>
8 openat(AT_FDCWD</>, "/run/config/of-a-thread", O_RDONLY) = 4</run/config/of-a-thread>
7 socket(AF_INET, SOCK_STREAM, IPPROTO_TCP <unfinished ...>
7 <... socket resumed>) = 5<socket:[9]>
7 poll([{fd=5<socket:[9]>, events=POLLIN}], 1, 200) = 1
7 write(1</run/stdout>, "in /run/config", 15) = -1 EIO (Input/output error) (INJECTED)
"""


def test_the_calls_of_a_log() -> None:
    """Those of the main thread that concern the directory or a socket, counted with all of their name."""
    assert list_calls(LOG, "/run") == [
        Call("openat", 2, "config/url"),
        Call("socket", 1, "socket"),
        Call("poll", 1, "socket"),
        Call("write", 1, "stdout"),
    ]


def test_a_call_whose_errors_nobody_has_said_is_refused() -> None:
    """It would be passed over."""
    with pytest.raises(KeyError, match=r"does not know the errors of \{'truncate'\}"):
        list_calls('7 truncate("/run/config/url", 0) = 0\n', "/run")


@pytest.mark.parametrize(
    ("fault", "log", "reached"),
    [
        pytest.param("EIO", LOG, True, id="error"),
        pytest.param("EIO", LOG.replace(" (INJECTED)", ""), False, id="no-error"),
        pytest.param("EIO", LOG.replace("/run/stdout", "/run/stderr"), False, id="at-another-call"),
        pytest.param("SIGINT", f"{LOG}7 --- SIGINT {{si_signo=SIGINT}} ---\n", True, id="signal"),
        pytest.param("SIGINT", LOG, False, id="no-signal"),
        pytest.param("SIGKILL", f"{LOG}7 +++ killed by SIGKILL +++\n", True, id="killed"),
    ],
)
def test_a_fault_that_came(fault: str, log: str, reached: bool) -> None:
    """At the call that was meant, by the log."""
    assert is_reached(log, "/run", Call("write", 1, "stdout"), fault) is reached


@pytest.mark.parametrize(
    ("fault", "injection"),
    [
        pytest.param("EIO", "inject=read:error=EIO:when=3..3", id="error"),
        pytest.param("EINTR*3", "inject=read:error=EINTR:when=3..5", id="burst"),
        pytest.param(EMPTY, "inject=read:retval=0:when=3..3", id="empty"),
        pytest.param("SIGTERM", "inject=read:signal=SIGTERM:when=3..3", id="signal"),
    ],
)
def test_how_strace_is_told(fault: str, injection: str) -> None:
    """Only the calls of that name are logged."""
    assert make_injection(READ, fault) == ["-e", "trace=read", "-e", injection]


@pytest.mark.parametrize(("missed", "flaws"), [(1, []), (2, ["2 of 10 faults were not reached"])])
def test_faults_that_do_not_come_prove_nothing(missed: int, flaws: list[str]) -> None:
    """One in ten may miss its call, when a wait takes longer."""
    call, outcome = Call("write", 1, "stdout"), Outcome(0, "", "", State({}, None, frozenset(), VALID))
    kinds: list[Kind | None] = [None] * missed + [Kind.OLD] * (10 - missed)
    tried = [Tried(SCENARIOS["reset"], call, "EIO", kind, [], outcome) for kind in kinds]
    assert find_unreached(tried) == flaws
