"""What a program that reads the stored session may meet in the credential and in the files, and what it must answer."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import Path

from stores import HTTP, HTTPS, NEWER, OTHER, TOKEN, compact, entry

from cli import Run

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"

HOST = "dev.example.com"
LOCAL, LOCAL_IPV6 = "http://127.0.0.1:3000", "http://[::1]:3000"
DAMAGED = Run(1, b"", "error: the stored session can't be understood\n")
UNNAMED = Run(1, b"", "error: name a deployment by its URL, such as https://dev.example.com\n")


def found(token: str = TOKEN) -> Run:
    """The token on standard output, and nothing else."""
    return Run(0, f"{token}\n".encode(), "")


def missing(url: str = HTTPS) -> Run:
    """Another message than a traceback, and an exit code that a script sees."""
    return Run(1, b"", f"error: no session of {url} is stored here; log in with: coder login {url}\n")


def seen(run: Run) -> Run:
    """As a test compares it: whatever ends a line."""
    return Run(run.code, run.stdout.replace(b"\r\n", b"\n"), run.stderr)


@dataclass(frozen=True, slots=True)
class Stored:
    """The *blob* of a credential, None for no credential; what the program says when it is asked for *url*."""

    blob: bytes | None
    answer: Run
    url: str = HTTPS


MAP = compact({"other.example.com": entry(OTHER, NEWER), HOST: entry(HTTPS, unknown=[1])})
CREDENTIALS = {
    "absent": Stored(None, missing()),
    "map": Stored(MAP, found()),
    "another-spelling": Stored(MAP, found(), "https://DEV.example.com:443/workspaces"),
    "another-host": Stored(MAP, missing("https://example.com"), "https://example.com"),
    "a-port": Stored(compact({f"{HOST}:8443": entry(f"{HTTPS}:8443")}), found(), f"{HTTPS}:8443"),
    "an-ipv6-address": Stored(compact({"[::1]:3000": entry(LOCAL_IPV6)}), found(), LOCAL_IPV6),
    "single-session": Stored(compact(entry(HTTPS)), found()),
    "single-session-of-another": Stored(compact(entry(OTHER)), missing()),
    "control-panel": Stored(MAP.decode().encode("utf-16-le"), found()),
    "control-panel-with-a-mark": Stored(codecs.BOM_UTF16_LE + MAP.decode().encode("utf-16-le"), found()),
    "another-scheme": Stored(compact({HOST: entry(HTTP)}), missing()),
    "https-asked-for-http": Stored(MAP, missing(HTTP), HTTP),
    "bare-host": Stored(compact({HOST: entry(HOST)}), found()),
    "bare-host-alone": Stored(compact(entry(HOST)), found()),
    "bare-host-for-http": Stored(compact({HOST: entry(HOST)}), missing(HTTP), HTTP),
    "bare-host-on-this-machine": Stored(compact({"127.0.0.1:3000": entry("127.0.0.1:3000")}), found(), LOCAL),
    "another-bare-host": Stored(compact({HOST: entry("other.example.com")}), missing()),
    "no-token": Stored(compact({HOST: {"coder_url": HTTPS}}), missing()),
    "no-session": Stored(compact({HOST: 1}), missing()),
    # PowerShell's own error repeats what it could not read.
    "damaged": Stored(MAP[:-1], DAMAGED),
    "no-map": Stored(compact([TOKEN]), DAMAGED),
}


@dataclass(frozen=True, slots=True)
class Files:
    """The *contents* of a config directory; what the program says when it is asked for *url*."""

    contents: dict[str, str]
    answer: Run
    url: str = HTTPS


FILES = {
    "absent": Files({}, missing()),
    "pair": Files({"url": HTTPS, "session": TOKEN}, found()),
    "lines": Files({"url": f"{HTTPS}\n", "session": f"{TOKEN}\n"}, found()),
    "another-spelling": Files({"url": HTTPS, "session": TOKEN}, found(), "https://DEV.example.com:443/workspaces"),
    "a-base-path": Files({"url": f"{HTTPS}/base", "session": TOKEN}, found()),
    "an-ipv6-address": Files({"url": LOCAL_IPV6, "session": TOKEN}, found(), LOCAL_IPV6),
    "another-deployment": Files({"url": OTHER, "session": TOKEN}, missing()),
    "another-scheme": Files({"url": HTTP, "session": TOKEN}, missing()),
    "another-port": Files({"url": HTTPS, "session": TOKEN}, missing(f"{HTTPS}:8443"), f"{HTTPS}:8443"),
    "a-name-in-the-url": Files({"url": HTTPS, "session": TOKEN}, missing(OTHER), f"https://{HOST}@other.example.com"),
    "no-token": Files({"url": HTTPS, "session": ""}, missing()),
    "no-session-file": Files({"url": HTTPS}, missing()),
    "no-url-file": Files({"session": TOKEN}, missing()),
    "no-url": Files({"url": HTTPS, "session": TOKEN}, UNNAMED, "dev.example.com"),
    "no-http": Files({"url": HTTPS, "session": TOKEN}, UNNAMED, "ssh://dev.example.com"),
}
