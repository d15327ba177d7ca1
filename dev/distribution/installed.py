"""The command, run from every kind of install: each subcommand answers as it should, and nothing is missing."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from distribution.build import Built
from distribution.environments import install, new_environment
from distribution.ours import BINDING, COMMAND, OURS, ROOT
from distribution.run import check, outcome, run

# It ships a top-level package `coder` of its own, and once replaced files of ours.
NEIGHBOUR = "coder-api"
# Every command, as far as it goes without a deployment and, on Linux, without a keyring: its exit code, and a word.
SUBCOMMANDS = [
    (["--help"], 0, "usage: coder"),
    (["--version"], 0, "coder-login"),
    (["version"], 0, "coder-login"),
    (["login", "--help"], 0, "--use-token-as-session"),
    (["login", "--token", "x", "https://dev.example.invalid"], 1, "host"),
    (["login", "token"], 1, "no deployment"),
    (["logout", "--yes"], 1, "no deployment"),
    (["whoami"], 1, "no deployment"),
    (["keyring", "status"], 1, "supported: no"),
    (["keyring", "list"], 1, "no supported keyring"),
    (["keyring", "migrate"], 1, "no supported keyring"),
    (["keyring", "reset", "--yes"], 1, "no supported keyring"),
]


def check_installs(folder: Path, binding: Built, command: Built) -> None:
    """Alone, together, beside a neighbour, editable, and from a plain checkout."""
    sdists, wheels = (str(binding.sdist), str(command.sdist)), (str(binding.wheel), str(command.wheel))
    check_alone(new_environment(folder, wheels[0]))
    check_command("both sdists", new_environment(folder, *sdists))
    together = new_environment(folder, *wheels)
    check_command("both wheels", together)
    install(together, "--no-deps", NEIGHBOUR)
    check_command(f"beside {NEIGHBOUR}", together)
    editable = new_environment(folder, "--editable", str(BINDING.folder), "--editable", str(COMMAND.folder))
    check_command("the editable install", editable)
    checkout = f"{ROOT}{os.pathsep}{COMMAND.folder}"
    check_runs("the plain checkout", sys.executable, "-m", "coder_login", PYTHONPATH=checkout)


def check_alone(python: str) -> None:
    """The binding brings neither a program nor, on Linux, a dependency."""
    installed = run(python, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check").split()
    names = {line.partition("==")[0] for line in installed} - {"pip", "setuptools"}
    check(names == {BINDING.name}, f"wincred alone brings {sorted(names)}")
    check(not Path(python).with_name("coder").exists(), "wincred alone brings a program coder")
    run(python, "-c", "import wincred; assert wincred.is_supported() in (True, False)")
    print("wincred alone: imported, with nothing beside it")


def check_command(kind: str, python: str) -> None:
    """Both ways to start it run every subcommand, and every place tells the same version."""
    for start in ([str(Path(python).with_name("coder"))], [python, "-m", "coder_login"]):
        check_runs(kind, *start)
    told = run(python, "-c", IDENTITIES).split()
    expected = f"coder-login/{COMMAND.version}"
    check(set(told) == {expected}, f"{kind} tells the identities {told}, not {expected}")


IDENTITIES = """if True:
    import importlib.metadata, subprocess, sys
    from coder_login.deployment.transport import USER_AGENT
    print(USER_AGENT.split()[0])
    print("coder-login/" + importlib.metadata.version("coder-login"))
    version = subprocess.check_output([sys.executable, "-m", "coder_login", "version"], text=True)
    print(version.strip().replace(" ", "/"))
"""


def check_examples(folder: Path, binding: Built, command: Built) -> None:
    """The examples of the README and of `--help` run with the wheels, in a new environment."""
    python = new_environment(folder, str(binding.wheel), str(command.wheel))
    pytest = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    tests = [str(ROOT / "tests/integration/test_examples.py"), "-k", "README or help"]
    # Whoever insists on the Credential Manager does so elsewhere: on Windows the suite itself runs them with wheels.
    said = run(*pytest, *tests, environment={"EXAMPLES_PYTHON": python, "REQUIRE_CREDENTIAL_MANAGER": ""})
    print(f"the examples, with both wheels: {said.splitlines()[-1]}")


def check_frozen(folder: Path) -> None:
    """One program by PyInstaller, from the import analysis alone: no hook, no list of hidden imports."""
    script = folder / "frozen_coder.py"
    script.write_text("from coder_login.__main__ import main\n\nmain()\n")
    paths = [option for distribution in OURS for option in ("--paths", str(distribution.folder))]
    places = ["--distpath", str(folder / "frozen"), "--workpath", str(folder / "work"), "--specpath", str(folder)]
    options = ["--log-level=ERROR", "--name=coder", *paths, *places]
    run(sys.executable, "-m", "PyInstaller", *options, str(script))
    check_runs("frozen by PyInstaller", str(folder / "frozen" / "coder" / "coder"))


def check_runs(kind: str, *start: str, **environment: str) -> None:
    """Every subcommand answers as it should, and none with a fault of our own."""
    with tempfile.TemporaryDirectory() as home:
        for arguments, expected, word in SUBCOMMANDS:
            result = outcome(*start, *arguments, environment=clean_environment(home) | environment)
            said = f"{kind}: coder {' '.join(arguments)} exited {result.returncode}, saying:\n{result.stdout}"
            check(result.returncode == expected and word in result.stdout.lower() and "bug" not in result.stdout, said)
    print(f"{kind}: {len(SUBCOMMANDS)} commands ran")


def clean_environment(home: str) -> dict[str, str]:
    """Nobody has logged in, on any machine; and no proxy is asked for a host that does not exist."""
    return dict.fromkeys(["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"], home) | dict.fromkeys(list(leftovers()), "")


def leftovers() -> Iterator[str]:
    for name in os.environ:
        if name.startswith("CODER_") or name.lower().endswith("_proxy"):
            yield name
