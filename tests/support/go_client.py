"""The keyring of the Go `coder` CLI: how it finds, reads and writes a session beside ours.

Two forms of it are out there. The released one writes the bare host as `coder_url` and does not look at it again; the
newest source writes the origin, and compares it. What both do, by `cli/sessionstore/sessionstore.go` of coder/coder:

- The key is the host of the URL as its user spelled it, in lower case: `h.example:443` and `[0::1]` stay as they are.
- The whole blob is parsed by encoding/json into `map[string]struct{ CoderURL, APIToken string }`: another type is an
  error, whichever host was asked for; a null and a missing field are empty; a field's name matches in any case, and the
  last one counts. UTF-8 without a byte-order mark is the only encoding.
- A write replaces the whole entry and marshals the map anew: keys in order, `<`, `>`, `&`, U+2028 and U+2029 escaped,
  unknown fields gone. The last delete removes the credential.
- It takes no lock, and reads nothing back.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple, NoReturn

from coder_login.sessionstore import KeyringProvider
from stores import SERVICE

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class GoError(Exception):
    """The Go client gives up: what is stored does not fit its structs, or is another origin's."""


class Credential(NamedTuple):
    coder_url: str = ""
    api_token: str = ""


class GoClient:
    """One form of it, on *provider*; *records_origin* is the newest."""

    def __init__(self, provider: KeyringProvider, *, records_origin: bool, service: str = SERVICE) -> None:
        self._provider = provider
        self._service = service
        self._records_origin = records_origin

    def read(self, url: str) -> str | None:
        """The token; None where it finds no session."""
        credential = self._parse().get(_find_host(url))
        if credential is not None:
            self._check_origin(url, credential)
        return credential.api_token if credential else None

    def write(self, url: str, token: str) -> None:
        host = _find_host(url)
        self._store(self._parse() | {host: Credential(self._find_origin(url) if self._records_origin else host, token)})

    def delete(self, url: str) -> bool:
        """Whether there was one."""
        credentials = self._parse()
        credential = credentials.pop(_find_host(url), None)
        if credential is None:
            return False
        self._check_origin(url, credential)
        self._store(credentials)
        return True

    def _parse(self) -> dict[str, Credential]:
        text = (self._provider.get(self._service) or b"{}").decode(errors="replace")
        try:
            value = json.loads(text, parse_constant=_refuse)
        except ValueError as error:
            raise GoError(str(error)) from None
        if not isinstance(value, dict):
            raise GoError("not a map")
        return {key: _make_credential(fields) for key, fields in value.items()}

    def _store(self, credentials: dict[str, Credential]) -> None:
        if not credentials:
            self._provider.delete(self._service)
            return
        value = {key: credential._asdict() for key, credential in sorted(credentials.items())}
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        escaped = re.sub("[<>&\u2028\u2029]", lambda sign: f"\\u{ord(sign[0]):04x}", text)
        self._provider.set(self._service, escaped.encode())

    def _check_origin(self, url: str, credential: Credential) -> None:
        stored = credential.coder_url.strip()
        found = self._find_origin(
            stored if re.match(r"[a-zA-Z][\w+.-]*://[^/]", stored) else f"https://{_find_host(url)}"
        )
        if self._records_origin and found != self._find_origin(url):
            raise GoError(f"the stored session is for {found}")

    def _find_origin(self, url: str) -> str:
        scheme = url.partition(":")[0].lower()
        return f"{scheme}://{_find_host(url).removesuffix(_DEFAULT_PORTS.get(scheme, '/'))}"


def _find_host(url: str) -> str:
    return re.split("[/?#]", url.partition("://")[2])[0].rpartition("@")[2].lower().strip()


def _make_credential(fields: Any) -> Credential:
    if not isinstance(fields, dict | None):
        raise GoError("an entry that is no object")
    known: dict[str, Any] = {}
    for name, value in (fields or {}).items():
        if name.casefold() in Credential._fields and value is not None:
            if not isinstance(value, str):
                raise GoError("a field that is no string")
            known[name.casefold()] = value
    return Credential(**known)


def _refuse(name: str) -> NoReturn:
    raise ValueError(name)
