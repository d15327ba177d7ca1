"""Print the session token of a Coder deployment: python read_session.py https://dev.example.com

Without an argument it is the deployment in CODER_URL. The token is looked for where all Coder clients keep it: on
Windows in the Credential Manager, with the package `wincred`, and then, as on other systems, in two plaintext files.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def main() -> int:
    url = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CODER_URL", "")
    origin = find_origin(url)
    if not origin:
        return fail("name a deployment by its URL, such as https://dev.example.com")
    try:
        token = read_credential(origin) or read_files(origin)
    except OSError as error:  # as the errors of wincred are
        return fail(str(error))
    except ValueError:  # it can show what it could not read, and that can be a token
        return fail("the stored session can't be understood")
    if not token:
        return fail(f"no session of {origin} is stored here; log in with: coder login {origin}")
    print(token)
    return 0


def fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 1


def find_origin(url: str) -> str:
    """Scheme, host and port of *url*, as a session records them: no default port. Empty for what is no such URL."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not host:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != DEFAULT_PORTS[parts.scheme] else "")


def read_credential(origin: str) -> str | None:
    """The token in the Windows Credential Manager; None where there is none, and on other systems."""
    if sys.platform != "win32":
        return None
    import wincred

    try:
        blob = wincred.read("coder-v2-credentials").blob
    except (wincred.NotFoundError, wincred.NoLogonSessionError):  # the second: an SSH logon has no credentials
        return None
    # JSON in UTF-8 has no byte 0: this is UTF-16, as Control Panel leaves it after an edit.
    text = blob.decode("utf-16-le" if b"\0" in blob else "utf-8")
    return find_token(json.loads(text.removeprefix("\ufeff")), origin)


def find_token(stored: Any, origin: str) -> str | None:
    """The token of *origin* in what is stored: a map from host to session, or one session, as at first."""
    host = origin.partition("://")[2]
    match stored:
        case {"api_token": str()}:
            session = stored
        case {}:
            session = stored.get(host)
        case _:
            raise ValueError("not a map")
    match session:
        case {"coder_url": str(url), "api_token": str(token)} if is_for(url, origin, host):
            return token
    return None


def is_for(url: str, origin: str, host: str) -> bool:
    """Whether a session that records *url* is one of *origin*: a token for https must not go out by http.

    Older clients record the host alone. That is read as https, and on this machine as http too.
    """
    if "://" in url:
        return find_origin(url) == origin
    return url == host and (origin.startswith("https:") or urlsplit(origin).hostname in THIS_MACHINE)


def read_files(origin: str) -> str | None:
    """The token in the file `session`, if the file `url` beside it names *origin*; else None."""
    directory = find_config_directory()
    try:
        url = (directory / "url").read_text(encoding="utf-8")
        token = (directory / "session").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return token if find_origin(url) == origin else None


def find_config_directory() -> Path:
    if directory := os.environ.get("CODER_CONFIG_DIR"):
        return Path(directory)
    if sys.platform == "win32":
        return Path(os.environ["APPDATA"], "coderv2")
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/coderv2"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config", "coderv2")


if __name__ == "__main__":
    sys.exit(main())
