"""A machine and a deployment for the examples of the documentation, which run as they stand there.

They say https://dev.example.com, and mean it: a proxy on loopback leads that name to a stand-in deployment, whose
certificate is of an authority that these commands trust. No other name is answered, and nothing leaves the machine.
"""

from __future__ import annotations

import os
import shutil
import ssl
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import trustme
from coder_login.sessionstore import FileStore
from deployment import Deployment
from proxy import RecordingProxy

from cli import Machine

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
HOST = "dev.example.com"
URL = f"https://{HOST}"


@dataclass
class ExampleWorld:
    """A home directory in which a session of URL is stored; *python* is the interpreter that has the command."""

    folder: Path
    python: Path = Path(sys.executable)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            authority = trustme.CA()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(HOST).configure_cert(context)
            self.deployment = stack.enter_context(Deployment(username="anna", ssl_context=context))
            port = int(self.deployment.url.rpartition(":")[2])
            self._proxy = stack.enter_context(RecordingProxy(ports={f"{HOST}:443": port}))
            self._authorities = self.folder / "authorities.pem"
            authority.cert_pem.write_to_path(str(self._authorities))
            self.machine = Machine(self.folder / "home")
            self.machine.home.mkdir()
            self.token = self.deployment.issue_token()
            self._furnish()
            self.log_in()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def log_in(self) -> None:
        """Store the session of URL in the files, good again if it was revoked."""
        self.deployment.issue_token(self.token)
        FileStore(self.machine.directory).write(URL, self.token)

    def _furnish(self) -> None:
        """The programs that the examples call, and the files that they read."""
        shutil.copytree(EXAMPLES, self.working_directory)
        programs = self.machine.home / "bin"
        programs.mkdir()
        if sys.platform != "win32":
            _stand_in_for_windows(programs / "coder.exe")
        elif not any((folder / "coder.exe").exists() for folder in self._scripts()):
            # `pip install --target` makes no programs: on a bench of Windows that was filled in that way.
            (programs / "coder.bat").write_text(f'@"{self.python}" -m coder_login %*\n', encoding="utf-8")
        (self.working_directory / "token.txt").write_text(f"{self.token}\n", encoding="utf-8")

    @property
    def working_directory(self) -> Path:
        return self.folder / "work"

    @property
    def environment(self) -> Mapping[str, str]:
        """That of a person who has the command on the PATH, for whom the deployment is up."""
        path = os.pathsep.join([*map(str, self._scripts()), os.environ["PATH"]])
        settings = {"HTTPS_PROXY": self._proxy.url, "SSL_CERT_FILE": str(self._authorities), "COLUMNS": "100"}
        return self.machine.environment({"PATH": path, "PYTHONSAFEPATH": "1", **settings})

    def _scripts(self) -> list[Path]:
        """Where `python` and the installed `coder` are."""
        folder = self.python.parent
        return [folder, folder / "Scripts", self.machine.home / "bin"]


WINDOWS = """\
#!/bin/sh
case "$*" in
"login token --use-keyring --url "*) exec coder login token --use-keyring=false --url "$5" ;;
*) echo "not as the documentation calls it: $*" >&2; exit 2 ;;
esac
"""


def _stand_in_for_windows(program: Path) -> None:
    """What WSL starts by the name coder.exe: here this system's command, with the session of its file."""
    program.write_text(WINDOWS, encoding="utf-8")
    program.chmod(0o755)
