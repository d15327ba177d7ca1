"""Running Windows programs under Wine: their environment, their standard handles, and their end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import termios
import threading
import uuid
from pathlib import Path

assert sys.platform == "linux"

# Paths of Linux that mislead a Python on Windows, and the displays on which Wine would open windows.
LEFT_OUT = {"PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX", "PYTHONSTARTUP", "PYTHONUSERBASE", "VIRTUAL_ENV"}
LEFT_OUT |= {"DISPLAY", "TMPDIR", "WAYLAND_DISPLAY"}
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def say(text: str) -> None:
    print(f"dev/wine/windows.py: {text}", file=sys.stderr, flush=True)


def tool(name: str) -> str:
    """The path of a program that Debian's packages bring."""
    found = shutil.which(name)
    if found is None:
        packages = "wine wine64 gcc-mingw-w64-x86-64-win32"
        raise SystemExit(f"dev/wine/windows.py: {name} is missing; get it with: apt-get install {packages}")
    return found


def windows_environment() -> dict[str, str]:
    """This environment without what misleads Windows. SSL_CERT_FILE and the like stay: Wine opens Linux paths.

    No Python process, not even one that a test starts, imports the checkout in place of the installed wheel.
    """
    kept = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    ours = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1", "PYTHONUTF8": "1"}
    # Without a screen, Wine 10 writes into the terminal that it has found no Wayland.
    return {"WINEDEBUG": "-all", "WINEDLLOVERRIDES": "winewayland.drv=", **kept, **ours}


def start_wine(environment: dict[str, str]) -> None:
    """Start Wine's own processes, which stay for a minute after the last of ours.

    They keep the standard handles and the environment of the process that starts them: a pipe of ours would stay open,
    and the mark of `run` would be on them.
    """
    quietly("wineserver", "-p60", environment=environment)
    quietly("wine", "cmd", "/c", "exit", environment=environment)


def quietly(program: str, *arguments: str, environment: dict[str, str]) -> None:
    """Run one of Wine's programs, whose exit codes say nothing."""
    nothing = subprocess.DEVNULL
    command = [tool(program), *arguments]
    subprocess.run(command, env=environment, stdin=nothing, stdout=nothing, stderr=nothing, check=False)


def ask(*command: str | Path, environment: dict[str, str]) -> tuple[int, str]:
    """The exit code and the output of a Windows program that reads nothing. Wine must have been started."""
    nothing, pipe, joined = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
    done = subprocess.run([tool("wine"), *command], env=environment, stdin=nothing, stdout=pipe, stderr=joined)
    return done.returncode, done.stdout.decode(errors="replace").strip()


def run(*command: str | Path, environment: dict[str, str]) -> int:
    """Run a Windows program on our standard handles and return its exit code.

    An exception, such as a signal's, ends it and all that it has started. Wine must have been started.
    """
    mark = uuid.uuid4().hex
    terminal = termios.tcgetattr(0) if os.isatty(0) else None
    try:
        return run_to_end([tool("wine"), *command], environment | {"WINDOWS_RUN": mark})
    except BaseException:
        end_marked(f"WINDOWS_RUN={mark}")
        if terminal is not None:
            # Wine's console, now dead, had it in raw mode.
            termios.tcsetattr(0, termios.TCSADRAIN, terminal)
        raise


def run_to_end(command: list[str | Path], environment: dict[str, str]) -> int:
    pumps = {fd: start_pump(fd) for fd in (0, 1, 2) if needs_pipe(fd)}
    if {1, 2} <= pumps.keys() and os.path.sameopenfile(1, 2):
        # Through one pipe, lines keep their order.
        os.close(pumps[2][0])
        pumps[2] = pumps[1]
    stdin, stdout, stderr = (pumps[fd][0] if fd in pumps else fd for fd in (0, 1, 2))
    process = subprocess.Popen(command, env=environment, stdin=stdin, stdout=stdout, stderr=stderr)
    for handle in {handle for handle, _ in pumps.values()}:
        os.close(handle)
    code = process.wait()
    for fd in pumps.keys() - {0}:
        pumps[fd][1].join()
    return code if code >= 0 else report_signal(-code)


def needs_pipe(fd: int) -> bool:
    """Wine's Python cannot start on a regular file, and takes /dev/null for a terminal."""
    return not (os.isatty(fd) or stat.S_ISFIFO(os.fstat(fd).st_mode))


def start_pump(fd: int) -> tuple[int, threading.Thread]:
    """Put a pipe before a standard handle: the end for the Windows process, and the thread that copies."""
    read, write = os.pipe()
    theirs, source, sink = (read, os.dup(0), write) if fd == 0 else (write, read, os.dup(fd))
    pump = threading.Thread(target=copy, args=(source, sink), daemon=True)
    pump.start()
    return theirs, pump


def copy(source: int, sink: int) -> None:
    """Copy as it comes, until the source ends or nobody reads the sink; then close both."""
    with contextlib.suppress(BrokenPipeError), open(source, "rb", buffering=0) as reader, open(sink, "wb") as writer:
        while chunk := reader.read(1 << 16):
            writer.write(chunk)
            writer.flush()


def report_signal(number: int) -> int:
    say(f"the Windows process was ended by {signal.Signals(number).name}")
    return 128 + number


def end_marked(mark: str) -> None:
    """Kill every process with the mark in its environment, until there is none.

    Wine makes no process a child of the one that asked for it, and some are sessions of their own.
    """
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    while marked := [process for process in Path("/proc").glob("[0-9]*") if has_mark(process, mark)]:
        for process in marked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(process.name), signal.SIGKILL)


def has_mark(process: Path, mark: str) -> bool:
    try:
        return mark.encode() in (process / "environ").read_bytes().split(b"\0")
    except OSError:
        return False


def open_standard_handles() -> None:
    """Open /dev/null in the place of closed standard handles, else another file would get their numbers."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(fd)


def exit_on_signals() -> None:
    """Let SIGHUP, SIGINT and SIGTERM unwind the stack, so that what was begun is cleaned up."""

    def leave(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    for number in SIGNALS:
        signal.signal(number, leave)
