"""What a session store can refuse.

::

    SessionStoreError
    ├── SessionNotFoundError
    │   └── SessionElsewhereError
    ├── OriginMismatchError
    │   └── SchemeNotRecordedError
    ├── SessionConflictError
    ├── AmbiguousSessionError
    ├── DamagedTokenError
    ├── StoreDamagedError
    ├── StoreInOrderError
    ├── NothingStoredError
    ├── NoRoomError
    ├── StoreLockedError
    ├── StoreChangedError
    │   └── AnotherSessionError
    ├── WriteLostError
    ├── URLFileError
    ├── RestoreError
    │   └── KeyringRestoreError
    ├── MigrationError
    └── StoreUnavailableError
        ├── NoConfigDirectoryError
        ├── NoLockDirectoryError
        ├── LockError
        ├── FileError
        ├── LinkError
        ├── ForeignFileError
        ├── UntrustedFileError
        └── KeyringFailedError
            ├── UnsupportedKeyringError
            ├── KeyringInstallationError
            ├── NoLogonSessionKeyringError
            ├── KeyringFullError
            ├── KeyringDeniedError
            ├── KeyringLimitError
            └── NotPersistentError
"""

from __future__ import annotations

from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL, Origin
from coder_login.errors import CoderError
from coder_login.text import printable


class SessionStoreError(CoderError):
    """A session could not be read, written or deleted; what was stored before still is."""


class SessionNotFoundError(SessionStoreError):
    """No session is stored for *url*; None where no deployment is named."""

    def __init__(self, message: str, url: DeploymentURL | None = None) -> None:
        super().__init__(message)
        self.url = url


class SessionElsewhereError(SessionNotFoundError):
    """No session is stored for *url* where it was looked for, and the other store has one."""


class OriginMismatchError(SessionStoreError):
    """What is stored belongs to another origin, or does not say to which.

    *requested* was asked for; *owner* is the other origin, None when that is not known, and *stored* says it in words.
    *same_host* when the two differ in their scheme alone, so that a write would have to give up the stored session.
    *in_keyring* says which store it is.
    """

    def __init__(
        self,
        requested: DeploymentURL,
        owner: Origin | None,
        stored: str = "",
        *,
        same_host: bool = True,
        in_keyring: bool,
        message: str = "",
    ) -> None:
        self.requested = requested
        self.owner = owner
        self.stored = stored or str(owner)
        self.same_host = same_host
        self.in_keyring = in_keyring
        super().__init__(message or f"the stored session is for {self.stored}, not for {requested.origin}")


class SchemeNotRecordedError(OriginMismatchError):
    """The stored session of *requested*'s host is an older client's, which recorded no scheme: it is read as https."""

    def __init__(self, requested: DeploymentURL) -> None:
        host = requested.origin.key
        fact = f"no scheme was recorded with the stored session for {host}, and it is not used for {requested.origin}"
        super().__init__(requested, None, f"{host}, with no scheme recorded", in_keyring=True, message=fact)


class SessionConflictError(SessionStoreError):
    """The place that *url*'s session is to move to holds another session of it."""

    def __init__(self, url: DeploymentURL) -> None:
        super().__init__(f"the keyring already has another session for {url.origin}")
        self.url = url


class AmbiguousSessionError(SessionStoreError):
    """Two entries, under *keys*, mean the same origin and hold different tokens."""

    def __init__(self, keys: tuple[str, str], origin: Origin) -> None:
        named = " and ".join(quote(key) for key in keys)
        super().__init__(f"the keyring holds two different sessions of one origin, under {named}")
        self.keys = keys
        self.origin = origin


class DamagedTokenError(SessionStoreError, InvalidTokenError):
    """What is stored as *url*'s token can't be one; *in_keyring* says in which store."""

    def __init__(self, message: str, url: DeploymentURL, *, in_keyring: bool) -> None:
        super().__init__(message)
        self.url = url
        self.in_keyring = in_keyring


class StoreDamagedError(SessionStoreError):
    """What is stored can't be understood; it is left as it is. *found* says what there is, without showing it.

    *key* names the one entry that is damaged; None when it is the whole.
    """

    def __init__(self, found: str, key: str | None = None) -> None:
        super().__init__(f"the stored sessions can't be understood: {found}")
        self.key = key


class StoreInOrderError(SessionStoreError):
    """What was to be discarded as damaged, the credential *service*, can be read by us, if not by every client."""

    def __init__(self, service: str) -> None:
        super().__init__(f"the credential {service} can be read, and was not discarded")


class NothingStoredError(SessionStoreError):
    """What was to be discarded as damaged, the credential *service*, is empty or not there."""

    def __init__(self, service: str) -> None:
        super().__init__(f"nothing is stored in the credential {service}, and nothing was discarded")


class NoRoomError(SessionStoreError):
    """The session does not fit beside those of the *others*: none when nothing else there can be named, None when it
    was not looked at."""

    def __init__(self, message: str, others: tuple[DeploymentURL, ...] | None = None) -> None:
        super().__init__(message)
        self.others = others


class StoreLockedError(SessionStoreError):
    """Another process kept the store locked for too long."""


class StoreChangedError(SessionStoreError):
    """Another program changes what is stored, at the same time as we do."""


class AnotherSessionError(StoreChangedError):
    """Another session is stored by now than the one that was meant; it was left alone."""

    def __init__(self, place: str) -> None:
        super().__init__(f"{place} holds another session by now, and was left alone")


class WriteLostError(SessionStoreError):
    """The system said that it stored a session, and it is not there."""


class URLFileError(SessionStoreError):
    """The `url` file holds something that is no deployment's URL."""


class RestoreError(SessionStoreError):
    """A change could not be undone, because of *failure*: the message says what may be left."""

    def __init__(self, message: str, failure: CoderError) -> None:
        super().__init__(message)
        self.failure = failure


class KeyringRestoreError(RestoreError):
    """The keyring may be left changed."""


class MigrationError(SessionStoreError):
    """A session was not moved, or not wholly, because of *failure*, None for an interruption: the message says where
    it is."""

    def __init__(self, message: str, failure: CoderError | None) -> None:
        super().__init__(message)
        self.failure = failure


class StoreUnavailableError(SessionStoreError):
    """The store can't be used at all: the system denies access, or there is none."""


class KeyringFailedError(StoreUnavailableError):
    """The system's keyring answered with an error."""


class UnsupportedKeyringError(KeyringFailedError):
    """This operating system has no keyring that we support."""


class KeyringInstallationError(KeyringFailedError):
    """A package that reaches the keyring for us is missing or broken."""


class NoLogonSessionKeyringError(KeyringFailedError):
    """This logon session has no keyring, as over a network."""


class KeyringDeniedError(KeyringFailedError):
    """The system denies access to the keyring: a sandbox, or a policy."""


class KeyringFullError(KeyringFailedError):
    """The user's whole keyring is full, mostly of other programs' entries: removing a session makes no room."""


class KeyringLimitError(KeyringFailedError):
    """The keyring calls too large what is within every limit that is documented."""


class NotPersistentError(KeyringFailedError):
    """The keyring would forget a session when this logon ends."""


def quote(key: str) -> str:
    """The *key* of an entry, which another program may have written, in a message."""
    return f'"{printable(key)}"'
