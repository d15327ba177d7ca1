"""One entry of the stored blob, and whose it is. Pure."""

from __future__ import annotations

from enum import Enum, auto

from coder_login.deployment.url import DEFAULT_PORTS, DeploymentURL, InvalidURLError, parse_key
from coder_login.sessionstore.errors import StoreDamagedError, quote
from coder_login.value import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from coder_login.deployment.url import Origin
    from coder_login.sessionstore.blob import Object

URL_FIELD = "coder_url"
TOKEN_FIELD = "api_token"  # noqa: S105  # the field's name
KNOWN_FIELDS = (URL_FIELD, TOKEN_FIELD)


class Ownership(Enum):
    """Whose an entry is, as seen from an origin that its key stands for."""

    OURS = auto()
    """It records that origin."""
    UNRECORDED = auto()
    """It is an older client's: the bare host, or nothing, and no scheme."""
    ANOTHERS = auto()
    """It records another origin, or one that is not understood."""


class Entry(Value):
    """One host's session: the *key* is its place in the map, *fields* are all that it holds, unknown ones too."""

    __slots__ = ("key", "fields")
    _SECRETS = frozenset({"fields"})
    key: str
    fields: Object

    def __init__(self, key: str, fields: Object) -> None:
        self._fill(key, fields)

    @property
    def value(self) -> Object:
        return self.fields

    @property
    def url(self) -> str | None:
        """The text that it records as its URL, "" for none; None for what is no text."""
        url = self.fields.get(URL_FIELD)
        return "" if url is None else url if isinstance(url, str) else None

    @property
    def origin(self) -> Origin | None:
        """The origin that it records; None for a bare host, and for what is not understood."""
        if self.url is None or "://" not in self.url:
            return None
        try:
            return DeploymentURL.parse(self.url).origin
        except InvalidURLError:
            return None

    @property
    def token(self) -> str:
        """The token, "" for none. Raises StoreDamagedError for what is no text."""
        token = self.fields.get(TOKEN_FIELD) or ""
        if not isinstance(token, str):
            raise StoreDamagedError(f"the entry {quote(self.key)} has a token that is not a string", self.key)
        return token

    def judge(self, origin: Origin) -> Ownership:
        """Whose it is, for an *origin* that its key stands for."""
        if self.url is None or "://" in self.url:
            return Ownership.OURS if self.origin == origin else Ownership.ANOTHERS
        host = self.url.strip()
        same_host = not host or parse_key(host, origin.scheme) == origin
        return Ownership.UNRECORDED if same_host else Ownership.ANOTHERS

    def is_replaceable_by(self, origin: Origin) -> bool:
        """Whether a session of *origin* may take its place unasked: no other origin is on record."""
        return self.judge(origin) is not Ownership.ANOTHERS

    def is_readable_for(self, origin: Origin) -> bool:
        """Whether its token may be sent to *origin*.

        Where no scheme is recorded, https is the safe reading; on loopback nobody listens in.
        """
        ownership = self.judge(origin)
        if ownership is Ownership.UNRECORDED:
            return origin.scheme == "https" or origin.is_loopback
        return ownership is Ownership.OURS

    @property
    def owner(self) -> tuple[Origin | None, str]:
        """The origin that it records, and that in words. Never its text: before an @ can stand a password."""
        if self.url is None:
            return None, "an unknown deployment"
        bare = None if "://" in self.url else parse_key(self.url, "https")
        if bare is not None:
            return None, f"{bare.key}, with no scheme recorded"
        return self.origin, str(self.origin or "a deployment whose URL is not understood")

    def renew(self, origin: Origin, token: str) -> Entry:
        """It with *token*, and with *origin* on record: both forms of the Go client accept it then."""
        return self._with({URL_FIELD: _spell_origin(origin, self.key), TOKEN_FIELD: token})

    def renew_briefly(self, origin: Origin, token: str) -> Entry:
        """It with *token*, and otherwise as its client wrote it, when that is read for *origin* as it is."""
        return self._with({TOKEN_FIELD: token}) if self.is_readable_for(origin) else self.renew(origin, token)

    def _with(self, known: dict[str, str]) -> Entry:
        """It with the *known* fields, and without what the Go client, which minds no case, would take for one."""
        kept = {n: v for n, v in self.fields.items() if n in KNOWN_FIELDS or n.casefold() not in KNOWN_FIELDS}
        return Entry(self.key, kept | known)


class Foreign(Value):
    """A *value* of the map that is not an entry, under its *key*."""

    __slots__ = ("key", "value")
    _SECRETS = frozenset({"value"})
    key: str
    value: Any

    def __init__(self, key: str, value: Any) -> None:
        self._fill(key, value)

    @property
    def is_empty(self) -> bool:
        """Whether it is null: no session, as the Go client takes it, and no damage."""
        return self.value is None


def _spell_origin(origin: Origin, key: str) -> str:
    """*origin* as the Go client spells it for the host *key*: in lower case, without the default port, and no more.

    It compares this text with that of the URL that it was asked for, and shortens no IPv6 address.
    """
    host = key.strip().lower().removesuffix(f":{DEFAULT_PORTS[origin.scheme]}")
    return f"{origin.scheme}://{host}"
