"""What the table of hostile servers calls a fault, by runs that are made up, and one against a real server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hostile.behaviours import say
from hostile.calls import GATE, KEY, TOKEN
from hostile.listeners import Heard
from hostile.rows import FAILS, Row
from hostile.runs import Outcome
from hostile.steps import FIRST, ME, Visit
from hostile.trials import GOOD, try_all
from hostile.verdict import judge

OWN = "http://127.0.0.1:8080"
ROW = Row("lengths", "made up", say(b""), ends=FAILS, says="not HTTP")
VISIT = Visit(ROW, ME, "plain")
GOOD_END = Outcome(OWN, [Heard(OWN, TOKEN.encode())], 1, "", "error: The answer is not HTTP\n")


def test_a_run_that_keeps_every_promise_has_no_fault() -> None:
    """It fails in time, says why, and has told the token to its own deployment."""
    assert judge(VISIT, GOOD_END) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param({"code": None}, "did not end", id="hangs"),
        pytest.param({"seconds": 60.0}, "took 60.0 s of 20 s", id="late"),
        pytest.param({"busy": 24.0}, "took 24.0 s of the CPU, with a limit of 20 s", id="busy"),
        pytest.param({"code": 0, "stdout": "alex\n", "stderr": ""}, "ended with 0: ''", id="works"),
        pytest.param({"stderr": ""}, "ended with 1 and 0 errors: ''", id="silent"),
        pytest.param({"stderr": "error: not HTTP\nerror: x\n"}, "and 2 errors", id="a-second-error"),
        pytest.param({"stderr": "error: something else\n"}, "did not say 'not HTTP'", id="wrong-words"),
        pytest.param({"stdout": "alex\n"}, "ended with 1, and wrote 'alex\\n'", id="an-answer-all-the-same"),
        pytest.param({"stderr": "error: not HTTP\nTraceback\n"}, "said 'Traceback'", id="traceback"),
        pytest.param({"stderr": "error: not HTTP \x1b\n"}, "printed the raw characters ['\\x1b']", id="escape"),
        pytest.param(
            {"stderr": "error: not HTTP \u202e\n"}, "printed the raw characters ['\\u202e']", id="bidirectional"
        ),
        pytest.param({"stderr": f"error: not HTTP {TOKEN.upper()}\n"}, "printed the token", id="token"),
        pytest.param({"stderr": f"error: not HTTP {KEY}\n"}, "printed the new key", id="key"),
        pytest.param({"stderr": f"error: not HTTP {GATE}\n"}, "printed the custom header", id="header"),
        pytest.param({"stderr": "error: not HTTP" + "x" * 20_000}, "printed 20015 characters", id="long"),
        pytest.param({"heard": [Heard("http://x", b"/" + GATE.encode())]}, "told a secret to http://x", id="stranger"),
    ],
)
def test_a_broken_promise_is_a_fault(changes: dict[str, object], fault: str) -> None:
    """Each by itself, in words that say which."""
    assert fault in " ".join(judge(VISIT, replace(GOOD_END, **changes)))  # type: ignore[arg-type]  # fields of it


def test_a_token_that_leaves_too_early_is_a_fault() -> None:
    """Before the deployment has answered as one, even to its own origin."""
    assert judge(Visit(ROW, FIRST, "plain"), GOOD_END) == ["told the token before the first answer was a good one"]


def test_a_good_server_and_a_bad_one() -> None:
    """The command meets both, in a process; the good one hears the token."""
    bad = Row("lengths", "nothing", say(b""), says="hung up without an answer")
    good, failed = try_all([Visit(GOOD, FIRST, "plain"), Visit(bad, FIRST, "tls")])
    assert (good.outcome.code, good.outcome.stdout, good.faults) == (0, f"alex at {good.outcome.own}\n", ())
    assert (failed.outcome.code, failed.outcome.stdout, failed.faults) == (1, "", ())
    assert TOKEN.encode() not in b"".join(heard.head for heard in failed.outcome.heard)
