"""A migration from the files into the keyring: moved, given up, or left half-way."""

from __future__ import annotations

import pytest
from both_stores import Stores
from coder_login.deployment.url import DeploymentURL
from coder_login.interrupts import TerminatedError
from coder_login.session import migrate
from coder_login.sessionstore import DEFAULT_SERVICE, file_errors
from coder_login.sessionstore import errors as store
from file_steps import before_step, raise_signals, raising
from go_client import GoClient

from cli import TOKEN

pytest_plugins = ["cli_fixtures"]

URL, HTTP = map(DeploymentURL.parse, ("https://dev.example.com/base", "http://dev.example.com"))
NEWER = "9876543210-vutsrqponmlkjihgfedcba"
GONE = store.StoreUnavailableError("it is gone")


@pytest.fixture(autouse=True)
def _logged_in(stores: Stores) -> None:
    """A session in the files alone."""
    stores.files.write(URL, TOKEN)


def test_a_moved_session_is_in_the_keyring_alone(stores: Stores) -> None:
    """`url` goes on naming the deployment; the same session there already, as after a failure, is no conflict."""
    for _ in range(2):
        stores.files.write(URL, TOKEN)
        migrate(URL, stores.files, stores.keyring)
        assert (stores.state[0], stores.keyring.read(URL)) == ({"url": str(URL)}, TOKEN)


SPELLED = {
    "default-port": ("https://dev.example.com:443/base/", "https://dev.example.com/base"),
    "default-port-http": ("http://dev.example.com:80", "http://dev.example.com"),
    "upper-case": ("https://DEV.Example.com", "https://dev.example.com"),
    "ipv6": ("https://[2001:db8:0:0::1]:8443", "https://[2001:db8::1]:8443"),
}


@pytest.mark.parametrize("newest", [False, True], ids=["released", "newest"])
@pytest.mark.parametrize(("spelled", "usual"), SPELLED.values(), ids=SPELLED)
def test_url_is_spelled_as_the_key_is_after_a_migration(stores: Stores, spelled: str, usual: str, newest: bool) -> None:
    """The Go CLI, which looks for the host as `url` spells it, finds the session there."""
    stores.put(url=spelled, session=TOKEN)
    migrate(DeploymentURL.parse(spelled), stores.files, stores.keyring)
    assert stores.state[0] == {"url": usual}
    go = GoClient(stores.memory, records_origin=newest, service=DEFAULT_SERVICE)
    assert (go.read(usual), stores.keyring.read(usual)) == (TOKEN, TOKEN)


def test_the_base_path_stays_in_url(stores: Stores) -> None:
    """A deployment that was named without it is the same one."""
    migrate(DeploymentURL.parse("https://dev.example.com"), stores.files, stores.keyring)
    assert stores.state[0] == {"url": str(URL)}


def test_a_url_that_vanishes_within_the_move(stores: Stores) -> None:
    """It is written anew: the session would be in the keyring, and no command would know of which deployment."""
    stores.memory.before("set", (stores.directory / "url").unlink)
    migrate(URL, stores.files, stores.keyring)
    assert (stores.state[0], stores.keyring.read(URL)) == ({"url": str(URL)}, TOKEN)


def test_a_migration_whose_url_can_not_be_written_is_none(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check finds it out first; a failure after that leaves both stores as they were."""
    stores.put(url="https://dev.example.com:443/base")
    before = stores.state
    before_step(monkeypatch, "rename", "url", raising(GONE))
    with pytest.raises(store.MigrationError) as caught:
        migrate(URL, stores.files, stores.keyring)
    assert caught.value.message == f"the session is still in {stores.files.place}: it is gone"
    assert stores.state == before
    (stores.directory / ".url.new").mkdir()
    with pytest.raises(file_errors.FileError):
        migrate(URL, stores.files, stores.keyring)
    assert stores.state == before


@pytest.mark.parametrize(
    ("owner", "kind"), [(URL, store.SessionConflictError), (HTTP, store.OriginMismatchError)], ids=["same", "scheme"]
)
def test_a_migration_gives_a_session_up_only_when_asked(
    stores: Stores, owner: DeploymentURL, kind: type[Exception]
) -> None:
    """Another session of that deployment, or one of the other scheme; unasked, nothing changes."""
    stores.keyring.write(owner, NEWER)
    before = stores.state
    with pytest.raises(kind):
        migrate(URL, stores.files, stores.keyring)
    assert stores.state == before
    migrate(URL, stores.files, stores.keyring, replace=True)
    assert stores.keyring.read(URL) == TOKEN


@pytest.mark.parametrize("in_keyring", [False, True], ids=["files", "keyring"])
def test_a_stored_text_that_is_no_token_stops_a_migration(stores: Stores, in_keyring: bool) -> None:
    """The error says in which of the two it is, so that it can be forgotten there."""
    if in_keyring:
        stores.keyring.write(URL, TOKEN)
        stores.memory.blobs = {
            name: blob.replace(TOKEN.encode(), b"no token") for name, blob in stores.memory.blobs.items()
        }
    else:
        stores.files.session_path.write_text("no token")
    before = stores.state
    with pytest.raises(store.DamagedTokenError) as caught:
        migrate(URL, stores.files, stores.keyring)
    assert (caught.value.url, caught.value.in_keyring) == (URL, in_keyring)
    assert stores.state == before


def test_a_migration_that_does_not_fit_has_not_begun(stores: Stores) -> None:
    """No room is no half-way failure; the token's own length tells it."""
    stores.files.write(URL, "x" * 100)
    stores.memory.max_size = 150
    with pytest.raises(store.NoRoomError):
        migrate(URL, stores.files, stores.keyring)


@pytest.mark.parametrize(
    ("problem", "reason", "failure"),
    [
        pytest.param(GONE, "it is gone", GONE, id="fails"),
        pytest.param(KeyboardInterrupt(), "interrupted", None, id="ctrl-c"),
        pytest.param(TerminatedError(15), "interrupted", None, id="sigterm"),
    ],
)
def test_a_migration_that_fails_half_way_says_where_the_session_is(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, problem: BaseException, reason: str, failure: Exception | None
) -> None:
    """In the files, or in both places: then the next migration ends it."""
    stores.memory.before("set", raising(problem))
    before_step(monkeypatch, "remove", "session", raising(problem))
    in_files = f"still in {stores.files.place}"
    for place, is_moved in ((in_files, False), (f"in {stores.keyring.place}, and {in_files} too", True)):
        with pytest.raises(store.MigrationError) as caught:
            migrate(URL, stores.files, stores.keyring)
        assert caught.value.message == f"the session is {place}: {reason}"
        assert (caught.value.failure, caught.value.__cause__) == (failure, problem)
        assert (stores.files.read(URL), bool(stores.memory.blobs)) == (TOKEN, is_moved)
    migrate(URL, stores.files, stores.keyring)
    assert (stores.state[0], stores.keyring.read(URL)) == ({"url": str(URL)}, TOKEN)


def test_a_signal_within_the_move_is_not_heard(stores: Stores, heard: list[int]) -> None:
    """It is short, and one piece."""
    stores.memory.before("set", raise_signals)
    migrate(URL, stores.files, stores.keyring)
    assert (heard, stores.state[0], stores.keyring.read(URL)) == ([], {"url": str(URL)}, TOKEN)
