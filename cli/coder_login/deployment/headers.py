"""Custom headers: their form, and the command that prints them.

They are for what stands in front of a deployment, so they go to the deployment's origin with every request. They are as
secret as a token: an error names a header, and never shows its value.
"""

from __future__ import annotations

import contextlib
import csv
import os
import re
import signal
import subprocess
import sys
import threading

from coder_login.deployment.errors import HeaderError, HeaderFault
from coder_login.text import is_plain_word

COMMAND_TIMEOUT = 10.0
"""Seconds that a header command may take."""

COMMAND_MAX_OUTPUT = 64 * 1024
"""Bytes that a header command may print."""

Headers = list[tuple[str, str]]
"""Names and values; a name can be there more than once."""

_RESERVED = {"coder-session-token", "host", "content-length"}
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110 section 5.6.2


def parse_header(text: str, source: str) -> tuple[str, str]:
    """Name and value of ``NAME=VALUE``; *source* is what an error calls the place it came from. Raises HeaderError."""
    name, separator, value = text.partition("=")
    name = name.strip()
    if not separator:
        raise HeaderError(f"{source} has a header without a =", HeaderFault.FORM)
    _check_name(name, source)
    if any((c < " " and c != "\t") or "\x7f" <= c <= "\x9f" or c > "\xff" for c in value):
        content = "a control character, or one beyond Latin-1"
        where = f", in the header {name}" if is_plain_word(name) else ""
        raise HeaderError(f"{source} has {content}{where}", HeaderFault.FORM)
    return name, value.strip()


def _check_name(name: str, source: str) -> None:
    legal = _NAME.match(name)
    if legal is None:
        raise HeaderError(f"{source} has a header without a name", HeaderFault.FORM)
    if legal.group() != name:
        # No part of it is shown: it need not be a name at all, as in "Cookie: c2VjcmV0==".
        raise HeaderError(f"{source} has a header with a character in its name that none may have", HeaderFault.FORM)
    if name.lower() in _RESERVED:
        raise HeaderError(f"{source} sets {name}", HeaderFault.RESERVED)


def parse_header_line(line: str, source: str) -> Headers:
    """The headers of one CSV line, as CODER_HEADER has them. Raises HeaderError."""
    try:
        fields = next(csv.reader([line], strict=True), [])
    except csv.Error:
        fields = None
    if fields is None or "\n" in line or "\r" in line:
        raise HeaderError(f"{source} is not one line of CSV", HeaderFault.CSV)
    return [parse_header(field, source) for field in fields]


def join_headers(headers: Headers) -> dict[str, str]:
    """The value of each name: several of one name are joined as in RFC 9110 section 5.3, and cookies as in RFC 6265."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.title()
        separator = "; " if key == "Cookie" else ", "
        joined[key] = f"{joined[key]}{separator}{value}" if key in joined else value
    return joined


def split_value(value: str) -> list[str]:
    """A header's *value*, and the parts of it that a server may repeat alone: the secret of ``Bearer s3cret``, and the
    values of cookies."""
    cookies = [cookie.partition("=")[2] for cookie in re.split(r";\s*", value)]
    return [value, value.partition(" ")[2].strip(), *cookies]


def run_header_command(command: str, url: str) -> Headers:
    """The headers that *command* prints as ``NAME=VALUE`` lines, run by the system's shell for the deployment at *url*.

    It sees CODER_URL and not CODER_SESSION_TOKEN. Raises HeaderError when it fails, takes longer than COMMAND_TIMEOUT,
    prints more than COMMAND_MAX_OUTPUT, or something that is no header. What it printed is never shown.
    """
    lines = _decode(_run(command, url)).splitlines()
    return [parse_header(line, "the header command's output") for line in lines if line.strip()]


def _run(command: str, url: str) -> bytes:
    environment = {k: v for k, v in os.environ.items() if k.upper() != "CODER_SESSION_TOKEN"} | {"CODER_URL": url}
    process = _start(command, environment)
    try:
        return _read_output(process)
    finally:
        _kill(process)


def _start(command: str, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    try:
        # The user's own command line, in the user's own shell: that is what the option is for.
        return subprocess.Popen(  # noqa: S602
            command,
            shell=True,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=sys.platform != "win32",
        )
    except (OSError, ValueError) as error:  # a ValueError for a NUL in it
        reason = error.strerror if isinstance(error, OSError) else "it holds a NUL"
    # Outside of the except block: the exception may carry the command, and that a secret.
    raise HeaderError(f"the header command can't be started: {reason}", HeaderFault.COMMAND)


def _read_output(process: subprocess.Popen[bytes]) -> bytes:
    output: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(process, output), daemon=True)
    reader.start()
    # A grandchild can hold the pipe open long after the shell has ended: the thread is waited for, not the pipe.
    reader.join(COMMAND_TIMEOUT)
    printed = b"".join(output)
    if len(printed) > COMMAND_MAX_OUTPUT:
        raise HeaderError(f"the header command printed more than {COMMAND_MAX_OUTPUT} bytes", HeaderFault.COMMAND)
    if reader.is_alive() or not _ends(process):
        raise HeaderError(f"the header command did not end within {COMMAND_TIMEOUT:g} s", HeaderFault.COMMAND)
    if process.returncode != 0:
        raise HeaderError(f"the header command failed with exit code {process.returncode}", HeaderFault.COMMAND_EXIT)
    return printed


def _ends(process: subprocess.Popen[bytes]) -> bool:
    """Whether the shell ends, now that its output has ended: within a second."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1)
    return process.returncode is not None


def _drain(process: subprocess.Popen[bytes], output: list[bytes]) -> None:
    assert process.stdout is not None  # noqa: S101  # for the type checker: it was opened with a pipe
    size = 0
    # Closed here and nowhere else: on Windows, who closes a pipe that another thread reads waits for that thread.
    with process.stdout as pipe:
        while size <= COMMAND_MAX_OUTPUT and (piece := os.read(pipe.fileno(), COMMAND_MAX_OUTPUT)):
            output.append(piece)
            size += len(piece)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the shell, and what it has started, unless it has ended."""
    if process.poll() is not None:
        return
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        if sys.platform == "win32":
            taskkill = os.path.join(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
            subprocess.run(
                [taskkill, "/F", "/T", "/PID", str(process.pid)], capture_output=True, timeout=5, check=False
            )
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.wait()


def _decode(output: bytes) -> str:
    with contextlib.suppress(UnicodeDecodeError):
        return output.decode()
    # Outside of any except block: a UnicodeDecodeError carries the output.
    raise HeaderError("the header command printed something that is not UTF-8", HeaderFault.COMMAND)
