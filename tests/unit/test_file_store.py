"""The session in plaintext files: what is written, whose it is, and when it is forgotten."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL, InvalidURLError
from coder_login.sessionstore import (
    AnotherSessionError,
    FileStore,
    OriginMismatchError,
    SessionNotFoundError,
    SessionStoreError,
    StoreUnavailableError,
    URLFileError,
)
from coder_login.sessionstore import lock as lock_module
from coder_login.sessionstore.directory import ConfigDirectory
from coder_login.sessionstore.file_errors import Action, FileError, ForeignFileError
from file_steps import before_step, raising
from stores import (
    FILE_OPERATIONS,
    NEW,
    NEW_FILES,
    NEWER,
    OLD,
    OLD_FILES,
    TOKEN,
    content,
    is_free,
    name,
    write_other,
)

pytest_plugins = ["store_fixtures"]
windows = pytest.mark.skipif(sys.platform != "win32", reason="sharing of Windows")
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")


# What is written.


def test_the_files_hold_the_url_and_the_raw_token(files: FileStore) -> None:
    """Normalised, with its base path; no line end, and nothing else beside them."""
    files.write("HTTPS://New.example.com:8443/base/", NEWER)
    assert content(files) == NEW_FILES
    assert files.current() == NEW


@pytest.mark.parametrize(
    ("url", "session"),
    [
        pytest.param(b" https://OLD.example.com:443/base/\r\n", b"\t%b\r\n" % TOKEN.encode(), id="white-space"),
        pytest.param(b"old.example.com\n", TOKEN.encode(), id="no-scheme"),
    ],
)
def test_what_other_clients_wrote_is_read(files: FileStore, url: bytes, session: bytes) -> None:
    """White space around it is trimmed."""
    write_other(files, {"url": url, "session": session})
    assert (files.read(OLD), files.deployments()) == (TOKEN, [OLD])


def test_a_write_leaves_the_organization(logged_in: FileStore) -> None:
    """It belongs to other clients, whatever we write."""
    write_other(logged_in, {"organization": b"org"})
    logged_in.write(NEW, NEWER)
    name(logged_in, OLD)
    assert content(logged_in) == {"url": OLD_FILES["url"], "organization": b"org"}


def test_naming_keeps_the_session_of_the_same_origin_alone(logged_in: FileStore) -> None:
    """Another one would from then on pass for that deployment's. The URL is written as it was given."""
    name(logged_in, DeploymentURL.parse("https://old.example.com/base"))
    assert content(logged_in) == {"url": b"https://old.example.com/base", "session": TOKEN.encode()}
    name(logged_in, NEW)
    assert content(logged_in) == {"url": NEW_FILES["url"]}


def test_reading_makes_no_directory(files: FileStore, directory: Path) -> None:
    """Nor anything in it."""
    with pytest.raises(SessionNotFoundError):
        files.read(OLD)
    assert (files.deployments(), files.current(), files.has_session()) == ([], None, False)
    assert not directory.parent.exists()


# Whose it is.


@pytest.mark.parametrize("session", [b"", b" \r\n"], ids=["empty", "blank"])
def test_an_empty_session_file_is_no_session(files: FileStore, session: bytes) -> None:
    """It is not found, and not listed."""
    write_other(files, OLD_FILES | {"session": session})
    with pytest.raises(SessionNotFoundError) as caught:
        files.read(OLD)
    assert caught.value.url == OLD
    assert (files.deployments(), files.has_session()) == ([], False)


@pytest.mark.parametrize("url", [None, b" \n", b"ftp://old.example.com", b"https://anna:x@old.example.com", b"a b"])
def test_a_session_without_a_deployment_is_sent_nowhere(files: FileStore, directory: Path, url: bytes | None) -> None:
    """The error says which file should name it; a new login takes its place."""
    write_other(files, {"session": TOKEN.encode()} | ({} if url is None else {"url": url}))
    before = content(files)
    for operation in ("read", "delete", "drop-session"):
        with pytest.raises(OriginMismatchError) as caught:
            FILE_OPERATIONS[operation](files)
        assert caught.value.message == (
            f"the stored session is for an unknown deployment ({directory / 'url'} names none), "
            "not for https://old.example.com"
        )
        error = caught.value
        assert (error.owner, error.same_host, error.in_keyring) == (None, False, False)
    assert (files.deployments(), files.has_session(), content(files)) == ([], True, before)
    files.write(NEW, NEWER)
    assert content(files) == NEW_FILES


def test_the_current_deployment_is_what_the_url_file_names(files: FileStore, directory: Path) -> None:
    """None without one; an error, with what is wrong, for what is no URL."""
    assert files.current() is None
    write_other(files, {"url": b"https://old.example.com/base/\n"})
    assert str(files.current()) == "https://old.example.com/base"
    write_other(files, {"url": b"https://anna:hunter2@old.example.com"})
    with pytest.raises(URLFileError) as caught:
        files.current()
    assert caught.value.message == f"{directory / 'url'} names no deployment: the URL holds a user name or a password"
    assert isinstance(caught.value.__cause__, InvalidURLError)
    assert "hunter2" not in f"{caught.value} {caught.value.__cause__}"


def test_a_token_in_the_url_file_is_no_deployment(files: FileStore, directory: Path) -> None:
    """It would go out in a name look-up; the error does not show it."""
    write_other(files, {"url": TOKEN.encode()})
    with pytest.raises(URLFileError) as caught:
        files.current()
    assert caught.value.message == f"{directory / 'url'} holds a token, and no deployment's URL"


def test_an_error_keeps_the_base_path(files: FileStore) -> None:
    """A login to the bare origin would find no deployment there."""
    url = DeploymentURL.parse("https://dev.example.com/coder")
    with pytest.raises(SessionNotFoundError) as missing:
        files.read(url)
    assert missing.value.url == url
    write_other(files, OLD_FILES)
    for other, same_host in ((url, False), (DeploymentURL.parse("http://old.example.com/coder"), True)):
        with pytest.raises(OriginMismatchError) as mismatch:
            files.read(other)
        error = mismatch.value
        assert (error.requested, error.owner, error.same_host, error.in_keyring) == (
            other,
            OLD.origin,
            same_host,
            False,
        )


def test_an_origin_is_not_changed_on_the_same_host_unasked(logged_in: FileStore) -> None:
    """https to http is asked for by name, or not done."""
    with pytest.raises(OriginMismatchError), logged_in.replacing("http://old.example.com", NEWER):
        pass
    assert content(logged_in) == OLD_FILES


def test_another_origin_without_a_session_is_no_conflict(files: FileStore) -> None:
    """There is nothing to give up."""
    write_other(files, {"url": b"http://old.example.com"})
    files.check(OLD)
    files.write(OLD, TOKEN)
    assert content(files) == OLD_FILES


@pytest.mark.parametrize("token", ["two words", "tök", "\x1b[31m"], ids=["space", "not-ascii", "escape"])
def test_a_stored_token_that_can_be_none_is_not_given_out(files: FileStore, directory: Path, token: str) -> None:
    """It would go into a header; the error does not show it."""
    write_other(files, OLD_FILES | {"session": token.encode()})
    with pytest.raises(InvalidTokenError) as caught:
        files.read(OLD)
    assert caught.value.message.startswith(f"the token in {directory / 'session'} is not a session token")
    assert token not in str(caught.value)


# Forgotten.


def test_a_directory_named_organization_is_an_error_before_the_logout(logged_in: FileStore, directory: Path) -> None:
    """Not after half of it."""
    (directory / "organization").mkdir()
    with pytest.raises(StoreUnavailableError, match="organization is not a file"):
        logged_in.delete(OLD)
    (directory / "organization").rmdir()
    assert content(logged_in) == OLD_FILES


def test_what_would_stop_a_logout_is_found_beforehand(logged_in: FileStore, directory: Path) -> None:
    """By the same errors, with nothing removed: the session is revoked in between."""
    with pytest.raises(OriginMismatchError):
        logged_in.check_delete(NEW)
    (directory / "organization").mkdir()
    with pytest.raises(StoreUnavailableError, match="organization is not a file"):
        logged_in.check_delete(OLD)
    (directory / "organization").rmdir()
    logged_in.check_delete(OLD)
    assert content(logged_in) == OLD_FILES


@pytest.mark.parametrize(
    ("content", "ownerless"),
    [
        pytest.param({}, False, id="nothing"),
        pytest.param({"url": b""}, False, id="empty-url"),
        pytest.param({"url": b"no url?"}, True, id="url-alone"),
        pytest.param({"session": b"token"}, True, id="session-alone"),
        pytest.param({"url": b"", "session": b"token"}, True, id="session-beside-an-empty-url"),
        pytest.param({"url": b"https://dev.example.com", "session": b"token"}, False, id="whole"),
    ],
)
def test_what_is_nobodys_is_known(files: FileStore, content: dict[str, bytes], ownerless: bool) -> None:
    """Something is there, and nobody can say of which deployment."""
    write_other(files, content)
    assert files.is_ownerless() is ownerless


def test_what_is_nobodys_is_forgotten_whole(files: FileStore) -> None:
    """With what a killed writer has left, and what belonged to a deployment."""
    write_other(files, {"url": b"no url?", "session": b"token", "organization": b"org", ".session.new": b"left over"})
    files.forget_ownerless()
    assert content(files) == {}


def test_a_moved_session_is_dropped_only_while_it_is_the_same(logged_in: FileStore) -> None:
    """Another client may have logged in meanwhile."""
    with pytest.raises(SessionStoreError, match="holds another session by now, and was left alone"):
        logged_in.drop_session(OLD, NEWER)
    assert content(logged_in) == OLD_FILES
    logged_in.drop_session(OLD, TOKEN)
    assert content(logged_in) == {"url": OLD_FILES["url"]}


def test_a_session_that_can_not_be_removed_is_not_dropped(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    """It is an error of the store's, and the pair is as it was."""
    problem = FileError(directory / "session", Action.REMOVED, "Permission denied")
    before_step(monkeypatch, "remove", "session", raising(problem))
    with pytest.raises(StoreUnavailableError) as caught:
        logged_in.drop_session(OLD, TOKEN)
    assert caught.value is problem
    assert content(logged_in) == OLD_FILES


def test_a_url_that_is_no_file_names_no_current_deployment(logged_in: FileStore, directory: Path) -> None:
    """Nor does it pass for a directory without one: the error names it."""
    (directory / "url").unlink()
    (directory / "url").mkdir()
    with pytest.raises(StoreUnavailableError) as caught:
        logged_in.current()
    assert type(caught.value) is ForeignFileError
    assert caught.value.message == f"{directory / 'url'} is not a file"


@posix
@pytest.mark.parametrize(
    ("method", "gone"),
    [
        pytest.param("is_readable_by_others", "session", id="session"),
        pytest.param("last_changes", "url", id="url"),
    ],
)
def test_a_file_that_vanishes_between_read_and_look(
    logged_in: FileStore, directory: Path, monkeypatch: pytest.MonkeyPatch, method: str, gone: str
) -> None:
    """Another client has logged out meanwhile: a token that was read is told, without a warning, or there is none."""
    before_step(monkeypatch, method, gone, lambda: (directory / gone).unlink())
    if gone == "session":
        assert logged_in.read(OLD) == TOKEN
        return
    with pytest.raises(OriginMismatchError, match="an unknown deployment"):
        logged_in.read(OLD)


def test_a_deployment_is_forgotten_only_without_a_session(logged_in: FileStore) -> None:
    """And only when it is the one that is named."""
    write_other(logged_in, {"organization": b"org"})
    assert not logged_in.forget(OLD)
    logged_in.drop_session(OLD, TOKEN)
    assert not logged_in.forget(NEW)
    assert content(logged_in) == {"url": OLD_FILES["url"], "organization": b"org"}
    assert logged_in.forget(OLD)
    assert content(logged_in) == {}


@pytest.mark.parametrize(
    "operation",
    [
        pytest.param(lambda files: files.write(OLD, "x" * 300), id="write"),
        pytest.param(lambda files: files.check(OLD, 300), id="check"),
    ],
)
def test_a_token_that_is_given_and_can_be_none(logged_in: FileStore, operation: Callable[[FileStore], object]) -> None:
    """It is found out before anything is written, and called what it is."""
    with pytest.raises(InvalidTokenError) as caught:
        operation(logged_in)
    assert caught.value.message == "the token is not a session token: it has 300 characters, and the limit is 256"
    assert content(logged_in) == OLD_FILES


def test_a_url_that_can_not_be_read_is_found_out_before_it_is_named_anew(logged_in: FileStore) -> None:
    """What a writer reads first, its check has read."""
    write_other(logged_in, OLD_FILES | {"url": b"\xff"})
    with pytest.raises(ForeignFileError):
        logged_in.check_naming()


# The lock.


def forget_ownerless(files: FileStore) -> None:
    files.session_path.with_name("url").unlink()
    files.forget_ownerless()


@pytest.mark.parametrize(
    "operation",
    [
        *(pytest.param(operation, id=id) for id, operation in FILE_OPERATIONS.items()),
        pytest.param(forget_ownerless, id="forget-ownerless"),
        pytest.param(lambda files: files.check_naming(), id="check-naming"),
        pytest.param(lambda files: files.forget(OLD), id="forget"),
        pytest.param(lambda files: files.check_delete(OLD), id="check-delete"),
    ],
)
def test_the_files_are_touched_under_the_lock_only(
    logged_in: FileStore, monkeypatch: pytest.MonkeyPatch, operation: Callable[[FileStore], object]
) -> None:
    """Every read, and every change from its read on, as one piece."""
    held = []

    def recorded(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            held.append(not is_free(logged_in._lock_path()))
            return real(*args, **kwargs)

        return call

    for method in ("read", "read_bytes", "stage", "rename", "remove", "discard"):
        monkeypatch.setattr(ConfigDirectory, method, recorded(getattr(ConfigDirectory, method)))
    operation(logged_in)
    assert held
    assert all(held)


def test_a_directory_that_cannot_be_written_can_be_read(logged_in: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no lock can be made."""

    def refuse(path: str) -> int:
        raise StoreUnavailableError("the lock file can't be opened")

    monkeypatch.setattr(lock_module, "_open", refuse)
    assert (logged_in.read(OLD), logged_in.deployments()) == (TOKEN, [OLD])
    for operation in ("write", "delete"):
        with pytest.raises(StoreUnavailableError):
            FILE_OPERATIONS[operation](logged_in)
    assert content(logged_in) == OLD_FILES


@windows
def test_on_windows_the_files_lock_is_in_the_users_local_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A config directory named by option may be everybody's; two spellings of one directory share it."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    (tmp_path / "Config").mkdir()
    paths = {FileStore(tmp_path / spelling)._lock_path() for spelling in ("Config", "config", "x/../config")}
    assert len(paths) == 1
    assert Path(paths.pop()).parent == tmp_path / "local" / "coderv2"
    assert FileStore(tmp_path / "other")._lock_path() not in paths


@windows
def test_on_windows_a_directory_that_cannot_be_resolved_is_an_error(
    files: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock is named after it."""

    def refuse(path: Path) -> str:
        raise PermissionError(errno.EACCES, "General failure")

    monkeypatch.setattr(os.path, "realpath", refuse)
    with pytest.raises(StoreUnavailableError, match="can't be resolved: General failure"):
        files.write(OLD, TOKEN)


def test_a_path_is_printed_without_controls(tmp_path: Path) -> None:
    """A directory's name can hold anything on POSIX."""
    place = FileStore(tmp_path / "a\u202eb\x1b").place
    assert not set(place) & set("\u202e\x1b")


def test_what_belongs_to_a_deployment_by_now_is_not_forgotten_as_nobodys(logged_in: FileStore) -> None:
    """It was looked at before the lock was taken."""
    with pytest.raises(AnotherSessionError) as caught:
        logged_in.forget_ownerless()
    assert caught.value.message == f"{logged_in.place} holds another session by now, and was left alone"
    assert content(logged_in) == OLD_FILES
