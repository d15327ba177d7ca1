"""The files `url` and `session`, which are a pair: read together, and changed together.

A reader or a crash finds the old pair, no session, or the new pair, never a mixed one: when the origin changes,
`session` is removed first and written last. The pair is changed under the store's lock only.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from contextlib import contextmanager

from coder_login.deployment.url import DeploymentURL, InvalidURLError
from coder_login.errors import CoderError
from coder_login.sessionstore.errors import RestoreError, StoreChangedError, StoreUnavailableError
from coder_login.sessionstore.file_errors import LeftoverFileWarning
from coder_login.text import printable
from coder_login.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias, TypeVar

    from coder_login.deployment.url import Origin
    from coder_login.sessionstore.directory import ConfigDirectory

    _Stamps: TypeAlias = list[tuple[int, ...]]
    _Read = TypeVar("_Read")

URL_FILE = "url"
SESSION_FILE = "session"

# Beside the files themselves, under the lock, so always of one writer; the next one removes what a killed one left.
_NEW_URL, _NEW_SESSION, _OLD_URL, _OLD_SESSION = ".url.new", ".session.new", ".url.old", ".session.old"
_STAGED = (_NEW_URL, _NEW_SESSION, _OLD_URL, _OLD_SESSION)

SETTLING_TIME = 0.05
"""Seconds for which both files must have been left alone before they pass for a pair: the Go client writes `session`
and then `url`, and takes no lock."""

_READS = 20  # tries at a pair that nobody changes meanwhile
_REWRITES = 3  # tries at a pair that nobody mixes meanwhile


class _Files(Value):
    """The bytes of the two files; None for one that is not there, or is not to be written."""

    __slots__ = ("url", "session")
    _SECRETS = frozenset(__slots__)
    url: bytes | None
    session: bytes | None

    def __init__(self, url: bytes | None, session: bytes | None) -> None:
        self._fill(url, session)


class FilePair:
    """The pair in a config directory. Every method may raise SessionStoreError."""

    def __init__(self, config: ConfigDirectory) -> None:
        self._config = config

    def read(self) -> tuple[Origin | None, str]:
        """The origin that `url` names, None for none, and the token, "" for none."""
        return _parse_origin(self._config.read(URL_FILE)), self._config.read(SESSION_FILE) or ""

    def read_settled(self) -> tuple[Origin | None, str]:
        """The pair, once neither file changes any more: a token is believed only when it is clear whose it is."""
        return self._read_until_settled(self.read, _is_fresh)

    def check_writable(self, session_size: int | None) -> None:
        """Raise what `switched` would for a token of that many characters; None leaves `session` alone."""
        self.discard_staged()
        self._config.check_writable(URL_FILE, _NEW_URL, 1)
        if session_size is not None:
            self._config.check_writable(SESSION_FILE, _NEW_SESSION, session_size)

    @contextmanager
    def switched(self, url: DeploymentURL, token: bytes | None) -> Iterator[None]:
        """The pair changed to *url* and *token*, and back when the body raises; None keeps a session of that origin."""
        owner, _ = self.read()
        old, new = self._files(), _Files(str(url).encode(), token)
        self._stage(old, new)
        try:
            self._change(new, keep_session=owner == url.origin)
            self._settle(old, new, keep_session=owner == url.origin)
            yield
        except BaseException as error:
            self._put_back(old, new, error)
            self._discard_quietly()
            raise
        self._discard_quietly()

    def discard_staged(self) -> None:
        """Remove what a writer that was killed has left."""
        for name in _STAGED:
            self._config.discard(name)

    @property
    def _place(self) -> str:
        return printable(self._config.path)

    def _stamps(self) -> _Stamps:
        return [self._config.last_changes(name) for name in (URL_FILE, SESSION_FILE)]

    def _files(self) -> _Files:
        return _Files(self._config.read_bytes(URL_FILE), self._config.read_bytes(SESSION_FILE))

    def _stage(self, old: _Files, new: _Files) -> None:
        staged = {_NEW_URL: new.url, _NEW_SESSION: new.session, _OLD_URL: old.url, _OLD_SESSION: old.session}
        self._config.create()  # on Windows the lock is not in it
        self.discard_staged()
        try:
            for name, content in staged.items():
                if content is not None:
                    self._config.stage(name, content)
        except BaseException:
            self._discard_quietly()
            raise

    def _change(self, new: _Files, *, keep_session: bool) -> None:
        if not keep_session:
            self._config.remove(SESSION_FILE)
        self._config.rename(_NEW_URL, URL_FILE)
        if new.session is not None:
            self._config.rename(_NEW_SESSION, SESSION_FILE)

    def _settle(self, old: _Files, new: _Files, *, keep_session: bool) -> None:
        """Read the pair back, and change it again where a client that takes no lock has mixed it meanwhile.

        Raises StoreChangedError when that client's own pair stands there, or the files keep changing.
        """
        for _ in range(_REWRITES):
            now = self._read_files_settled()
            if now.url == new.url and (now.session == new.session or (new.session is None and keep_session)):
                return
            if now.url != new.url and now.session != new.session:
                break
            self._stage(old, new)
            self._change(new, keep_session=False)
        raise StoreChangedError(f"another program has changed the files in {self._place} at the same time")

    def _read_files_settled(self) -> _Files:
        """The files as we have just left them, or as another client has meanwhile."""
        return self._read_until_settled(self._files, lambda stamps: True)

    def _read_until_settled(self, read: Callable[[], _Read], needs_wait: Callable[[_Stamps], bool]) -> _Read:
        """What *read* gives twice in a row, with no change in between."""
        stamps, found = self._stamps(), read()
        for _ in range(_READS):
            if needs_wait(stamps):
                time.sleep(SETTLING_TIME)
            previous, stamps, found = (stamps, found), self._stamps(), read()
            if previous == (stamps, found):
                return found
        raise StoreChangedError(f"the files in {self._place} keep changing")

    def _put_back(self, old: _Files, new: _Files, error: BaseException) -> None:
        try:
            now = self._files()
            if now == old or now.url not in (old.url, new.url) or now.session not in (old.session, new.session, None):
                return  # nothing was changed, or another client has changed it since
            self._restore(now, old)
        except CoderError as failure:
            # What was staged stays: it may be all that is left of the old session.
            fact = f"could not be put back as they were: {failure.message}; {self._tell_left(old, new)}"
            raise RestoreError(f"the files in {self._place} {fact}", failure) from error

    def _tell_left(self, old: _Files, new: _Files) -> str:
        if old.session is not None:
            return f"the old session may be left in {printable(self._config.file(_OLD_SESSION))}"
        if new.session is not None:
            return f"the new session may be left in {printable(self._config.file(SESSION_FILE))}"
        return f"{printable(self._config.file(URL_FILE))} may be left changed"

    def _restore(self, now: _Files, old: _Files) -> None:
        self._config.remove(SESSION_FILE)
        if old.url is None:
            self._config.remove(URL_FILE)
        elif old.url != now.url:  # left alone, it does not matter who has it open on Windows
            self._config.rename(_OLD_URL, URL_FILE)
        if old.session is not None:
            self._config.rename(_OLD_SESSION, SESSION_FILE)

    def _discard_quietly(self) -> None:
        # The pair is as it should be, which an error would deny; what is left the next writer removes.
        for name in _STAGED:
            try:
                self._config.discard(name)
            except StoreUnavailableError:
                self._warn_of_leftover(name)

    def _warn_of_leftover(self, name: str) -> None:
        if name in (_OLD_SESSION, _NEW_SESSION) and os.path.lexists(self._config.file(name)):
            import warnings  # not at every start

            with contextlib.suppress(LeftoverFileWarning):  # made an error by a filter, it would deny the change, too
                warnings.warn(LeftoverFileWarning(self._config.file(name)), stacklevel=2)


def _is_fresh(stamps: _Stamps) -> bool:
    """Whether a file was changed so lately that another client may be about to change the other one."""
    return any(abs(time.time() - stamp / 1e9) < SETTLING_TIME for stamp in itertools.chain(*stamps))


def _parse_origin(text: str | None) -> Origin | None:
    try:
        return DeploymentURL.parse(text).origin if text else None
    except InvalidURLError:
        return None
