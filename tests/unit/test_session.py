"""A session over both stores: what is checked, kept, read and forgotten, and what is said of the other store."""

from __future__ import annotations

import pytest
from both_stores import OTHER, Stores
from coder_login.deployment.url import DeploymentURL
from coder_login.session import Forgotten, Kept, Session
from coder_login.sessionstore import DEFAULT_SERVICE, FileStore, SessionStore
from coder_login.sessionstore import errors as store
from coder_login.sessionstore import file_errors as files
from file_steps import before_step, raise_signals, raising
from go_client import GoClient

from cli import TOKEN

pytest_plugins = ["cli_fixtures"]

URL, HTTP, THEIRS = map(DeploymentURL.parse, ("https://d.example/base", "http://d.example", "https://theirs.example"))
NEWER = "9876543210-vutsrqponmlkjihgfedcba"
EACH_STORE = pytest.mark.parametrize("name", OTHER)


def session_of(stores: Stores, name: str) -> Session:
    """The session of URL in the store *name*."""
    return Session(URL, stores.named(name), stores.files, lambda: stores.look(OTHER[name]))


@EACH_STORE
def test_a_session_is_kept_in_the_store_that_was_asked_for(stores: Stores, name: str) -> None:
    """`url` names the deployment beside either store; a check writes nothing, and nobody looks at the other store."""
    session = session_of(stores, name)
    session.check(TOKEN)
    assert stores.state == ({}, {})
    assert session.keep(TOKEN) == Kept()
    assert (session.read(), session.place) == (TOKEN, stores.named(name).place)
    assert stores.state[0] == {"url": str(URL)} | ({"session": TOKEN} if name == "files" else {})
    assert (bool(stores.memory.blobs), stores.looks) == (name == "keyring", [])


@EACH_STORE
@pytest.mark.parametrize("newest", [False, True], ids=["released", "newest"])
@pytest.mark.parametrize(
    ("spelled", "usual"),
    [
        pytest.param("https://d.example:443/base/", "https://d.example/base", id="default-port"),
        pytest.param("http://d.example:80", "http://d.example", id="default-port-http"),
        pytest.param("https://[2001:db8:0:0::1]", "https://[2001:db8::1]", id="ipv6"),
    ],
)
def test_url_is_spelled_as_the_key_is_after_a_login(
    stores: Stores, name: str, spelled: str, usual: str, newest: bool
) -> None:
    """Whoever logged in before, and in what spelling; the Go CLI finds the session by either."""
    go = GoClient(stores.memory, records_origin=newest, service=DEFAULT_SERVICE)
    stores.put(url=spelled)
    go.write(spelled, TOKEN)
    url = DeploymentURL.parse(spelled)
    Session(url, stores.named(name), stores.files, lambda: stores.look(OTHER[name])).keep(NEWER)
    assert stores.state[0]["url"] == usual
    if name == "keyring":
        assert (go.read(spelled), go.read(usual)) == (NEWER, NEWER)


@EACH_STORE
@pytest.mark.parametrize(
    ("before", "displaced"),
    [
        pytest.param({"url": str(THEIRS), "session": TOKEN}, str(THEIRS), id="another-deployments"),
        pytest.param({"session": TOKEN}, "an unknown deployment", id="without-url"),
        pytest.param({"url": "://", "session": TOKEN}, "an unknown deployment", id="broken-url"),
        pytest.param({"url": str(THEIRS), "session": " \n"}, None, id="empty"),
    ],
)
def test_another_deployments_plaintext_session_does_not_stay(
    stores: Stores, name: str, before: dict[str, str], displaced: str | None
) -> None:
    """It would pass for the new deployment's; the answer says whose it was."""
    stores.put(**before)
    assert session_of(stores, name).keep(NEWER) == Kept(displaced=displaced)
    assert stores.state[0] == {"url": str(URL)} | ({"session": NEWER} if name == "files" else {})


def test_a_plaintext_session_of_the_same_deployment_is_left_beside_the_keyring(stores: Stores) -> None:
    """The answer says so; in the files themselves it is replaced, and nothing is left."""
    stores.put(url=str(URL.origin), session=TOKEN)
    assert session_of(stores, "keyring").keep(NEWER) == Kept(leftover=True)
    assert stores.state[0] == {"url": str(URL), "session": TOKEN}
    assert session_of(stores, "files").keep(NEWER) == Kept()
    assert stores.state[0] == {"url": str(URL), "session": NEWER}


@pytest.mark.parametrize(("name", "obstacle"), [("files", ".session.new"), ("keyring", ".url.new")])
def test_both_are_kept_or_neither(stores: Stores, name: str, obstacle: str) -> None:
    """When a file can't be written the keyring is as before, too; the check finds that out first."""
    stores.files.write(THEIRS, TOKEN)
    (stores.directory / obstacle).mkdir()
    before = stores.state
    for attempt in (session_of(stores, name).check, lambda: session_of(stores, name).keep(NEWER)):
        with pytest.raises(files.FileError):
            attempt()
        assert stores.state == before


def test_a_check_knows_how_long_the_token_is(stores: Stores) -> None:
    """And takes a usual one where it is not known yet."""
    stores.memory.max_size = 150
    session_of(stores, "keyring").check()
    with pytest.raises(store.NoRoomError):
        session_of(stores, "keyring").check("x" * 100)


@EACH_STORE
def test_a_session_of_the_other_scheme_is_given_up_only_when_asked(stores: Stores, name: str) -> None:
    """By the check as by the keep; nor is it read."""
    stores.named(name).write(HTTP, TOKEN)
    session, before = session_of(stores, name), stores.state
    for attempt in (session.check, lambda: session.keep(NEWER), session.read):
        with pytest.raises(store.OriginMismatchError):
            attempt()
    assert (stores.state, stores.looks) == (before, [])
    session.check(replace=True)
    session.keep(NEWER, replace=True)
    assert session.read() == NEWER


@EACH_STORE
def test_a_signal_within_the_keep_is_not_heard(
    stores: Stores, monkeypatch: pytest.MonkeyPatch, name: str, heard: list[int]
) -> None:
    """The short writes are one piece."""
    before_step(monkeypatch, "rename", "url", raise_signals)
    session_of(stores, name).keep(TOKEN)
    assert (heard, session_of(stores, name).read(), stores.state[0]["url"]) == ([], TOKEN, str(URL))


@EACH_STORE
def test_a_session_in_the_other_store_is_pointed_out(stores: Stores, name: str) -> None:
    """As an error of its own; without one there, or with another deployment's, there is just no session."""
    other = stores.named(OTHER[name])
    missing, elsewhere = store.SessionNotFoundError, store.SessionElsewhereError
    for owner, kind in ((None, missing), (THEIRS, missing), (URL, elsewhere)):
        if owner:
            other.write(owner, TOKEN)
        with pytest.raises(store.SessionNotFoundError) as caught:
            session_of(stores, name).read()
        assert (type(caught.value), caught.value.url) == (kind, URL)
        assert caught.value.message.startswith(f"no session for {URL.origin} in the ")
    assert stores.looks == [OTHER[name]] * 3


def test_a_loopback_session_of_an_older_client_is_in_the_other_store(stores: Stores) -> None:
    """It recorded no scheme, and serves http too: it is pointed out, and `url` stays for it at a logout."""
    url = DeploymentURL.parse("http://localhost:3000")
    GoClient(stores.memory, records_origin=False, service=DEFAULT_SERVICE).write(str(url), TOKEN)
    session = Session(url, stores.files, stores.files, lambda: stores.keyring)
    with pytest.raises(store.SessionElsewhereError):
        session.read()
    stores.put(url=str(url), session=NEWER)
    assert (session.forget(), stores.state[0]) == (Forgotten(), {"url": str(url)})


@pytest.mark.parametrize("problem", [store.UnsupportedKeyringError("no"), store.StoreDamagedError("no")], ids=type)
def test_a_store_that_can_not_be_looked_at_has_none(stores: Stores, problem: store.SessionStoreError) -> None:
    """It is not the one that was asked for: its failure stops neither a read nor a logout."""

    def fail() -> SessionStore:
        raise problem

    session = Session(URL, stores.files, stores.files, fail)
    with pytest.raises(store.SessionNotFoundError) as caught:
        session.read()
    assert type(caught.value) is store.SessionNotFoundError
    session.keep(TOKEN)
    assert (session.forget(), stores.state[0]) == (Forgotten(), {})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no token", "it holds white space, a control character or a non-ASCII one"),
        ("x" * 257, "it has 257 characters, and the limit is 256"),
    ],
    ids=["white-space", "too-long"],
)
@pytest.mark.parametrize("where", ["files", "keyring"])
def test_a_stored_text_that_can_be_no_token_is_damage(stores: Stores, where: str, text: str, reason: str) -> None:
    """Nobody was about to give one: the error knows the deployment and the store, and repeats nothing."""
    if where == "files":
        stores.put(url=str(URL), session=text)
    else:
        stores.keyring.write(URL, TOKEN)
        ((service, blob),) = stores.memory.blobs.items()
        stores.memory.blobs[service] = blob.replace(TOKEN.encode(), text.encode())
    with pytest.raises(store.DamagedTokenError) as caught:
        session_of(stores, where).read()
    assert (caught.value.url, caught.value.in_keyring) == (URL, where == "keyring")
    assert caught.value.message.endswith(f" is not a session token: {reason}")
    assert text not in caught.value.message


@EACH_STORE
def test_a_forgotten_session_is_gone(stores: Stores, name: str) -> None:
    """`url` goes with it; a second time there is none."""
    session = session_of(stores, name)
    session.keep(TOKEN)
    assert (session.forget(), stores.state) == (Forgotten(), ({}, {}))
    with pytest.raises(store.SessionNotFoundError):
        session.forget()


@pytest.mark.parametrize(("owner", "stays"), [(URL, True), (THEIRS, False)], ids=["its-own", "another-deployments"])
def test_url_stays_for_a_session_of_the_keyring(stores: Stores, owner: DeploymentURL, stays: bool) -> None:
    """Of the same deployment: that one is still logged in."""
    stores.keyring.write(owner, NEWER)
    stores.files.write(URL, TOKEN)
    assert session_of(stores, "files").forget() == Forgotten()
    assert (stores.state[0], stores.keyring.read(owner)) == ({"url": str(URL)} if stays else {}, NEWER)


@pytest.mark.parametrize(
    ("files", "leftover"),
    [
        pytest.param({"url": str(URL), "session": TOKEN}, True, id="its-own-session"),
        pytest.param({"url": str(THEIRS), "session": TOKEN}, False, id="another-deployments-session"),
        pytest.param({"url": str(THEIRS)}, False, id="another-deployments-url"),
    ],
)
def test_files_that_are_still_needed_stay_beside_the_keyring(
    stores: Stores, files: dict[str, str], leftover: bool
) -> None:
    """A plaintext session of the same deployment is pointed out."""
    stores.keyring.write(URL, NEWER)
    stores.put(**files)
    assert session_of(stores, "keyring").forget() == Forgotten(leftover=leftover)
    assert stores.state == (files, {})


def test_files_that_can_not_be_tidied_up_are_a_problem_and_no_failure(stores: Stores) -> None:
    """The session is gone all the same."""
    session_of(stores, "keyring").keep(TOKEN)
    (stores.directory / "session").mkdir()
    forgotten = session_of(stores, "keyring").forget()
    assert (forgotten.leftover, type(forgotten.problem)) == (False, files.ForeignFileError)
    assert stores.memory.blobs == {}


@EACH_STORE
def test_a_revoked_session_is_forgotten_alone(stores: Stores, name: str) -> None:
    """Another one that was stored meanwhile is another login: it stays, and that is said."""
    session = session_of(stores, name)
    session.keep(NEWER)
    before = stores.state
    assert (session.forget(TOKEN), stores.state) == (Forgotten(has_another=True), before)
    with pytest.raises(store.AnotherSessionError):
        stores.named(name).delete(URL, TOKEN)
    assert session.forget(NEWER) == Forgotten()


@EACH_STORE
def test_a_revoked_session_of_another_scheme_by_now_stays(stores: Stores, name: str) -> None:
    """It was revoked all the same, so that this is no failure; without a token, nothing was, and it is one."""
    stores.named(name).write(HTTP, NEWER)
    before, session = stores.state, session_of(stores, name)
    assert (session.forget(TOKEN), stores.state) == (Forgotten(has_another=True), before)
    with pytest.raises(store.OriginMismatchError):
        session.forget()
    assert stores.state == before


@EACH_STORE
def test_a_revoked_session_that_has_gone_is_forgotten(stores: Stores, name: str) -> None:
    """Another client has logged out meanwhile."""
    assert session_of(stores, name).forget(TOKEN) == Forgotten()


def test_a_url_file_that_stays_is_a_problem_and_no_failure(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is gone; but where it is not, that is a failure."""
    session = session_of(stores, "files")
    for name in ("url", "session"):
        session.keep(TOKEN)
        with monkeypatch.context() as patch:
            before_step(patch, "remove", name, raising(store.StoreUnavailableError("refused")))
            if name == "session":
                with pytest.raises(store.StoreUnavailableError, match=r"^refused$"):
                    session.forget()
            else:
                assert str(session.forget().problem) == "refused"
        assert ("session" in stores.state[0]) == (name == "session")


def test_files_that_can_not_be_looked_at_any_more_hide_no_error(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went wrong first is told: whether the session is still there, nobody knows."""
    session = session_of(stores, "files")
    session.keep(TOKEN)
    before_step(monkeypatch, "remove", "url", raising(store.StoreUnavailableError("can't be removed")))
    fail = raising(store.StoreUnavailableError("can't be read"))
    monkeypatch.setattr(FileStore, "has_session", lambda files: fail())
    with pytest.raises(store.StoreUnavailableError, match="can't be removed"):
        session.forget()


@EACH_STORE
def test_what_would_stop_a_logout_is_found_before_the_session_is_revoked(stores: Stores, name: str) -> None:
    """As far as it can be seen: the files of a keyring's session are tidied up afterwards."""
    session = session_of(stores, name)
    session.keep(TOKEN)
    (stores.directory / "organization").mkdir()
    if name == "keyring":
        session.check_forgettable()
    else:
        with pytest.raises(files.ForeignFileError):
            session.check_forgettable()
    assert session.read() == TOKEN
