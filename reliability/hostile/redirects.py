"""Redirects of every form: to strangers, who are stand-ins of ours, to nowhere, and round and round."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from hostile.calls import GATE, TOKEN, Call
from hostile.rows import EITHER, FAILS, WORKS, Behaviour, Row

FOLLOW = ("--allow-redirects",)
_CALLS = 1000
STATUSES = (300, 301, 302, 303, 304, 305, 306, 307, 308)
_FOLLOWED = {301, 302, 303, 307, 308}

# {own} is the deployment's URL, {host} and {port} are in it; {other} is a stranger's, {path} the call that was made.
STRANGE: dict[str, str] = {
    "a stranger": "{other}{path}",
    "a stranger's page": "{other}/login?next={path}#x",
    "a stranger under TLS": "https://{other_place}{path}",
    "a stranger behind the proxy": "https://other.example.com{path}",
    "a stranger behind the proxy, in clear": "http://other.example.com{path}",
    "a stranger without a scheme": "//{other_place}{path}",
    "a stranger with user and password": "http://user:password@{other_place}{path}",
    "our name as the user of a stranger": "http://{host}:{port}@{other_place}{path}",
    "a stranger behind a backslash": "http://{other_place}\\@{host}:{port}{path}",
    "a stranger behind a slash and a backslash": "/\\{other_place}{path}",
    "a stranger behind a tab": "\t//{other_place}{path}",
    "a stranger behind a space": " {other}{path} ",
    "a stranger in capitals": "HTTP://{other_place}{path}",
    "a stranger with the token": "{other}/{token}{path}",
    "a stranger with the token as the user": "http://{token}@{other_place}{path}",
    "a stranger with the token in the host": "https://{token}.example.com{path}",
    "a stranger with the header": "{other}/{gate}{path}",
    "a stranger with the header in the host": "https://{gate}.example.com{path}",
    "the other scheme": "{flipped}://{host}:{port}{path}",
    "our host by another name": "http://localhost:{port}{path}",
    "our host by another address": "http://127.0.0.2:{port}{path}",
    "our host with a dot": "http://127.0.0.1.:{port}{path}",
    "our host as a number": "http://2130706433:{port}{path}",
    "our host as a short number": "http://127.1:{port}{path}",
    "our host in IPv6": "http://[::ffff:127.0.0.1]:{port}{path}",
    "another port": "http://127.0.0.1:1{path}",
    "the port 0": "http://127.0.0.1:0{path}",
    "a port that is too large": "http://127.0.0.1:65536{path}",
    "a port of letters": "http://127.0.0.1:http{path}",
    "a port of other digits": "http://127.0.0.1:\u00b2{path}",
    "ftp": "ftp://{other_place}{path}",
    "file": "file:///etc/passwd",
    "a network file": "file://{other_place}/share",
    "javascript": "javascript:alert(1)",
    "data": "data:application/json,{{}}",
    "a socket": "ws://{other_place}{path}",
    "no host": "http:///x",
    "no host, and a port": "http://:80/x",
    "a bracket": "http://[::1/x",
    "a zone": "http://[fe80::1%25lo]/x",
    "a host of 300 letters": "https://" + "h" * 300 + "{path}",
    "a host with an escape": "https://%31%32%37.0.0.1{path}",
    "a host with a NUL": "https://other\0.example.com{path}",
    "a host in other letters": "https://\xf6ther.example.com{path}",
    "an escape of the terminal": "{other}/\x1b]8;;http://evil\x07{path}",
    "an escape of the terminal, in C1": "{other}/\x9b31m{path}",
    "escapes in the path": "{other}/%1b%5d0;evil%07{path}",
    "an end of a line in the path": "{other}/%0d%0aX-Evil:%20yes{path}",
    "a fold": "{other}\r\n {path}",
    "bytes that are no text": "{other}/\xff\xfe{path}",
    "a space in the path": "{own}/a b{path}",
    "itself, through the parents": "{own}/a/../b/../..{path}",
    "itself with other letters": "{own}/\xe4{path}",
}
OWN: dict[str, str] = {
    "a path behind three slashes": "///{other_place}{path}",
    "an end of a line in the query": "{own}{path}?%0d%0aX-Evil:%20yes",
    "itself": "{own}{path}",
    "itself, by the path": "{path}",
    "itself, with a query": "?x=1",
    "itself, with a fragment": "{own}{path}#x",
    "itself, without a scheme": "//{host}:{port}{path}",
    "itself, in capitals": "{capitals}{path}",
}


def _redirect(location: str, status: int = 307, more: str = "") -> Behaviour:
    def behave(call: Call) -> None:
        head = f"HTTP/1.1 {status} x\r\nX-Coder-Build-Version: v2\r\nLocation: {_fill(location, call)}\r\n{more}"
        call.say(head.encode("latin-1") + b"Content-Length: 0\r\n\r\n")

    return behave


def _fill(location: str, call: Call) -> str:
    own, other = urlsplit(call.own), urlsplit(call.other)
    return location.format(
        own=call.own,
        other=call.other,
        other_place=other.netloc,
        host=own.hostname,
        port=own.port or {"https": 443, "http": 80}[own.scheme],
        flipped={"https": "http", "http": "https"}[own.scheme],
        capitals=f"{own.scheme.upper()}://{own.netloc.upper()}",
        path=call.head.split(b" ")[1].decode(),
        token=TOKEN,
        gate=GATE,
    )


def _count(call: Call) -> None:
    """A chain: each redirect leads to another path."""
    path = call.head.split(b" ")[1].decode()
    number = int(path.rpartition("=")[2]) if "=" in path else 0
    _redirect(f"{path.partition('?')[0]}?n={number + 1}")(call)


def list_redirects() -> Iterator[Row]:
    for words, suffix in ((FOLLOW, ", followed"), ((), "")):
        for name, location in STRANGE.items():
            yield Row("redirects", name + suffix, _redirect(location), words=words)
        for name, location in OWN.items():
            ends = WORKS if words else FAILS
            yield Row("redirects", name + suffix, _redirect(location), words=words, ends=ends)
        for status in STATUSES:
            stranger = _redirect(STRANGE["a stranger"], status)
            yield Row("redirects", f"{status} to a stranger{suffix}", stranger, words=words)
            ends = EITHER if words and status in _FOLLOWED else FAILS  # a 303 makes a POST a GET
            yield Row("redirects", f"{status} to itself{suffix}", _redirect("{path}", status), words=words, ends=ends)
    yield from _list_loops()


def _list_loops() -> Iterator[Row]:
    often = "redirects 10 times in a row"
    loops = {"a loop": _redirect("{path}"), "a chain of a thousand": _count}
    for name, behave in loops.items():
        yield Row("redirects", name, behave, words=FOLLOW, times=_CALLS, says=often)
    back = _redirect("{other}/back")
    yield Row("redirects", "a chain through a stranger", back, words=FOLLOW, times=_CALLS)
    for name, location in {"an empty Location": "", "a Location of spaces": "  ", "a dot": "."}.items():
        yield Row("redirects", name, _redirect(location), words=FOLLOW)
    two = _redirect("{path}", more="Location: https://other.example.com/\r\n")
    yield Row("redirects", "two Locations", two, words=FOLLOW, ends=EITHER)
    yield Row("redirects", "no Location", lambda call: call.say(b"HTTP/1.1 302 Found\r\n\r\n"), words=FOLLOW)
