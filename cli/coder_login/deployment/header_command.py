"""The command that prints custom headers, run by the system's shell."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

from coder_login.deployment.errors import HeaderError, HeaderFault
from coder_login.deployment.headers import Headers, parse_header

COMMAND_TIMEOUT = 10.0
"""Seconds that a header command may take."""

COMMAND_MAX_OUTPUT = 64 * 1024
"""Bytes that a header command may print."""


def run_header_command(command: str, url: str) -> Headers:
    """The headers that *command* prints as ``NAME=VALUE`` lines, run by the system's shell for the deployment at *url*.

    It sees CODER_URL and not CODER_SESSION_TOKEN. Raises HeaderError when it fails, takes longer than COMMAND_TIMEOUT,
    prints more than COMMAND_MAX_OUTPUT, or something that is no header. What it printed is never shown.
    """
    # Not by str.splitlines, for which a line ends at many another character, too: what follows it would be a header.
    lines = [line.removesuffix("\r") for line in _decode(_run(command, url)).split("\n")]
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
