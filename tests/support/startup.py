"""What a new process imports, and what a read of a session may: an editor waits for it all day."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

ADVICE = "import it where it is used, so that a start can do without; or let it be one of those that a start needs"

# Beside what a Python that does nothing has, and C modules, which come with these.
STANDARD = {
    "__future__",
    "collections",
    "collections.abc",
    "contextlib",
    "enum",
    "functools",
    "itertools",
    "keyword",
    "operator",
    "reprlib",
    "signal",
    "types",
    "warnings",
    *({"msvcrt", "zlib"} if sys.platform == "win32" else {"fcntl"}),
}
OURS = {
    "coder_login",
    "coder_login.deployment",
    "coder_login.deployment.session_token",
    "coder_login.deployment.url",
    "coder_login.errors",
    "coder_login.interrupts",
    "coder_login.session",
    "coder_login.sessionstore",
    "coder_login.sessionstore.directory",
    "coder_login.sessionstore.errors",
    "coder_login.sessionstore.file_checks",
    "coder_login.sessionstore.file_errors",
    "coder_login.sessionstore.file_store",
    "coder_login.sessionstore.lock",
    "coder_login.sessionstore.pair",
    "coder_login.text",
    "coder_login.value",
}
OF_JSON = {
    "copyreg",
    "json",
    "json.decoder",
    "json.encoder",
    "json.scanner",
    "re",
    "re._casefix",
    "re._compiler",
    "re._constants",
    "re._parser",
}
OF_KEYRINGS = {
    "coder_login.sessionstore.blob",
    "coder_login.sessionstore.entries",
    "coder_login.sessionstore.entry",
    "coder_login.sessionstore.keyring_store",
    "coder_login.sessionstore.keyrings",
    "coder_login.sessionstore.shared_blob",
}
OF_COMMAND = {
    "coder_login.__main__",
    "coder_login.commands",
    "coder_login.commands.everyday",
    "coder_login.commands.options",
    "coder_login.commands.output",
    "coder_login.commands.settings",
    "coder_login.commands.streams",
    "coder_login.commands.values",
    "coder_login.commands.warning_filter",
}


def modules_after(code: str, environment: Mapping[str, str] = os.environ) -> set[str]:
    """The modules of a new process that has run *code*, beside those of one that does nothing, C modules aside."""
    return _load(code, environment) - _load("", environment)


def _load(code: str, environment: Mapping[str, str]) -> set[str]:
    report = "import sys; sys.stderr.write('modules: ' + ' '.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"{code}\n{report}"],
        env=environment,
        stdin=subprocess.PIPE if sys.platform == "win32" else subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=60,
    )
    loaded = done.stderr.decode().rpartition("modules: ")[2].split()
    return {name for name in loaded if not name.startswith("_") or name == "__future__"}
