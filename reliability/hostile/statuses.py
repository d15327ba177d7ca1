"""Every status, with and without the header that says that a deployment answers: what it means to each call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hostile.behaviours import say
from hostile.calls import BUILD
from hostile.rows import EITHER, FAILS, Row

STRANGE = ("000", "099", "600", "999", "1000", "20", "-200", "2e2", "", "abc")


_END = b"\r\n"
_BODY = b'Content-Length: 16\r\n\r\n{"message": "m"}'


def is_interim(status: int) -> bool:
    """Whether another answer has to follow: RFC 9110 section 15.2."""
    return 100 <= status < 200 and status != 101


def list_statuses(statuses: Iterable[int]) -> Iterator[Row]:
    for status in statuses:
        for build in (BUILD, b""):
            name = f"{status:03d}{' of a deployment' if build else ''}"
            data = b"HTTP/1.1 %03d x\r\n%s" % (status, build) + (_END if is_interim(status) else _BODY)
            says = _expect(status, bool(build))
            ends = EITHER if _may_work(status, bool(build)) else FAILS
            yield Row("statuses", name, say(data), ends=ends, says=says, carriers=("plain",))
    for text in STRANGE:
        data = b"HTTP/1.1 " + text.encode() + b" x\r\n" + BUILD + b"\r\n{}"
        yield Row("statuses", text or "none", say(data), carriers=("plain",))


def _may_work(status: int, is_deployment: bool) -> bool:
    """Whether it is good for some of the calls: a 401 is for a logout."""
    return is_deployment and (200 <= status < 300 or status == 401)


def _expect(status: int, is_deployment: bool) -> str:
    """A part of what the command says when it fails; design.md section 6."""
    if status < 100:
        return "the answer is not HTTP"
    if is_interim(status):
        return "hung up without an answer"
    if 200 <= status < 300:
        return "" if is_deployment else "not as a Coder deployment"
    if status == 404:
        return ""
    return f"answered {status}" if is_deployment else "perhaps from something in front of the deployment"
