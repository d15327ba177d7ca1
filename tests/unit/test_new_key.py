"""A login's session key: kept, or revoked, or said to be left; the deployment and the store are fakes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from coder_login import login
from coder_login.deployment.errors import (
    APIError,
    Failure,
    InvalidKeyError,
    RequestError,
    TokenRefusedError,
    UnexpectedAnswerError,
)
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError, KeyLeftError
from coder_login.login import keep_new_key
from coder_login.session import Kept
from coder_login.sessionstore import StoreUnavailableError

URL = DeploymentURL.parse("https://dev.example.com")
KEPT = Kept(leftover=True)
GONE = StoreUnavailableError("the store is gone")
MAY_LIVE = "nothing was stored here, but https://dev.example.com may have made a session key"


class Fakes:
    """A deployment that makes the key "new", and a store; *problems* has what each call raises."""

    url = URL

    def __init__(self, **problems: BaseException) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self._problems = problems

    def mint_key(self, token: str) -> str:
        self._note("mint_key", token)
        return "new"

    def keep(self, token: str, *, replace: bool) -> Kept:
        self._note("keep", token, replace)
        return KEPT

    def logout(self, token: str) -> None:
        self._note("logout", token)

    def log_in(self, *, replace: bool = False) -> Kept:
        return keep_new_key(self, self, "token", replace=replace)  # type: ignore[arg-type]  # all that is asked of both

    def _note(self, name: str, *arguments: object) -> None:
        self.calls.append((name, *arguments))
        if name in self._problems:
            raise self._problems[name]


@pytest.mark.parametrize("replace", [False, True])
def test_a_key_is_made_with_the_token_and_kept(replace: bool) -> None:
    """And what the store says of it comes back."""
    fakes = Fakes()
    assert fakes.log_in(replace=replace) is KEPT
    assert fakes.calls == [("mint_key", "token"), ("keep", "new", replace)]


@pytest.mark.parametrize("problem", [GONE, KeyboardInterrupt()], ids=["error", "ctrl-c"])
@pytest.mark.parametrize("over", [None, TokenRefusedError("401", 401, URL)], ids=["revoked", "over-already"])
def test_a_key_that_can_not_be_kept_is_revoked(problem: BaseException, over: CoderError | None) -> None:
    """By itself; then the problem is all there is to say, as it is when the key has ended meanwhile."""
    fakes = Fakes(keep=problem, **({"logout": over} if over else {}))
    with pytest.raises(type(problem)) as caught:
        fakes.log_in()
    assert caught.value is problem
    assert fakes.calls[2:] == [("logout", "new")]


@pytest.mark.parametrize(
    ("problem", "reason", "failure"),
    [
        pytest.param(GONE, GONE.message, GONE, id="error"),
        pytest.param(KeyboardInterrupt(), "interrupted", None, id="stop"),
        pytest.param(KeyError("token"), "an unforeseen KeyError", None, id="bug"),
    ],
)
def test_a_key_that_can_be_neither_kept_nor_revoked_is_said_to_be_left(
    problem: BaseException, reason: str, failure: CoderError | None
) -> None:
    """With both reasons."""
    fakes = Fakes(keep=problem, logout=RequestError("no route to it", Failure.TIMEOUT))
    with pytest.raises(KeyLeftError) as caught:
        fakes.log_in()
    error = caught.value
    assert error.message == f"{reason}; and the session key of this login could not be revoked: no route to it"
    assert (error.url, error.failure, error.__cause__) == (URL, failure, problem)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        pytest.param(RequestError("no answer", Failure.TIMEOUT), "no answer", id="no-answer"),
        pytest.param(KeyboardInterrupt(), "interrupted", id="ctrl-c"),
        pytest.param(KeyError("token"), "an unforeseen KeyError", id="bug"),
        pytest.param(APIError("500", 500, URL), "500", id="server-error"),
        pytest.param(UnexpectedAnswerError("what?", 200, URL), "what?", id="not-understood"),
        pytest.param(InvalidKeyError("no token", 201, URL), "no token", id="no-key"),
    ],
)
def test_a_key_that_may_have_been_made_is_said_to_be(problem: BaseException, reason: str) -> None:
    """Nobody knows it, so that nobody can revoke it."""
    fakes = Fakes(mint_key=problem)
    with pytest.raises(KeyLeftError) as caught:
        fakes.log_in()
    assert caught.value.message == f"{reason}; {MAY_LIVE}"
    assert (caught.value.url, caught.value.failure, caught.value.__cause__) == (URL, None, problem)
    assert len(fakes.calls) == 1


AFTER_SENDING = {Failure.TIMEOUT, Failure.CUT_SHORT, Failure.TOO_LONG, Failure.NOT_HTTP, Failure.OTHER}


@pytest.mark.parametrize("failure", Failure)
def test_a_request_that_was_never_sent_has_made_no_key(failure: Failure) -> None:
    """Only what can befall one that has arrived leaves a doubt."""
    with pytest.raises(KeyLeftError if failure in AFTER_SENDING else RequestError):
        Fakes(mint_key=RequestError("no answer", failure)).log_in()


@pytest.mark.parametrize("status", [400, 401, 499])
def test_a_refusal_has_made_no_key(status: int) -> None:
    """It is told as it is."""
    problem = APIError("no", status, URL)
    with pytest.raises(APIError) as caught:
        Fakes(mint_key=problem).log_in()
    assert caught.value is problem


def test_a_signal_right_after_the_commit_revokes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is stored: revoked, it would be a session that is over."""

    @contextlib.contextmanager
    def ignore() -> Iterator[None]:
        yield
        raise KeyboardInterrupt

    monkeypatch.setattr(login, "ignore_signals", ignore)
    fakes = Fakes()
    with pytest.raises(KeyboardInterrupt):
        fakes.log_in()
    assert [call[0] for call in fakes.calls] == ["mint_key", "keep"]


def test_signals_are_heeded_for_the_answer_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the key on, all is done or undone as a whole; an undo that is under way is not cut in two either."""
    fakes = Fakes(keep=GONE)

    def mark(name: str) -> Any:
        @contextlib.contextmanager
        def marked() -> Iterator[None]:
            fakes.calls.append((f"{name}(",))
            try:
                yield
            finally:
                fakes.calls.append((f"){name}",))

        return marked

    for name in ("ignore_signals", "heed_signals"):
        monkeypatch.setattr(login, name, mark(name))
    with pytest.raises(StoreUnavailableError):
        fakes.log_in()
    assert [call[0] for call in fakes.calls] == [
        *("ignore_signals(", "heed_signals(", "mint_key", ")heed_signals", "keep", ")ignore_signals"),
        *("ignore_signals(", "logout", ")ignore_signals"),
    ]
