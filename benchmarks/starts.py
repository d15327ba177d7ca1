"""The time of a new process: the binding's import, the first read of a credential, and the command."""

from __future__ import annotations

import readers
from children import measure_starts
from readers import Things
from sessions import session_directory, system_session
from table import MILLISECONDS, Comparison, Table, Target

import wincred

IMPORT_CLICK, IMPORT_WINCRED = "`import click`", "`import wincred`"
FROM_FILE, FROM_KEYRING = "`coder login token`, from the file", "`coder login token`, from the keyring"
VERSION, HELP = "`coder version`", "`coder --help`"
START_CLICK: Things = {IMPORT_CLICK: ("-c", "import click")}

READS = (
    Comparison(readers.PYWIN32_CTYPES, readers.WINCRED, Target(low=4)),
    Comparison(readers.PYWIN32_CFFI, readers.WINCRED),
    Comparison(readers.GET_PASSWORD, readers.WINCRED),
    Comparison(readers.KEYRING_GET, readers.WINCRED, Target(low=12)),
    Comparison(readers.KEYRING_GET_CTYPES, readers.WINCRED),
    Comparison(readers.WINCRED, readers.FLOOR),
)


def measure_imports(rounds: int) -> Table:
    """The binding's import; and on Windows, what reads one credential."""
    things = START_CLICK | {IMPORT_WINCRED: ("-c", "import wincred")}
    if not wincred.is_supported():
        samples = measure_starts(things, rounds)
        return Table("Import", MILLISECONDS, samples, (Comparison(IMPORT_WINCRED, IMPORT_CLICK, Target(high=0.3)),))
    with readers.open_readers() as all_readers:
        missing = readers.find_missing(all_readers)
        samples = measure_starts(things | without(all_readers, missing), rounds)
    comparisons = (*READS, Comparison(IMPORT_WINCRED, IMPORT_CLICK))
    return Table("Import and first read", MILLISECONDS, samples, comparisons, missing)


def measure_command(rounds: int) -> Table:
    """The command's short runs; on Windows, beside `keyring get`."""
    with session_directory() as directory:
        things = START_CLICK | {
            FROM_FILE: coder("--global-config", directory, "login", "token"),
            VERSION: coder("version"),
            HELP: coder("--help"),
        }
        if wincred.is_supported():
            return _measure_beside_keyring(things, directory, rounds)
        return Table("Command", MILLISECONDS, measure_starts(things, rounds), compare_with_click())


def _measure_beside_keyring(things: Things, directory: str, rounds: int) -> Table:
    with readers.open_readers() as all_readers, system_session() as in_the_way:
        peer = {readers.KEYRING_GET: all_readers[readers.KEYRING_GET]}
        missing = readers.find_missing(peer)
        things |= without(peer, missing)
        if in_the_way:
            missing |= {FROM_KEYRING: in_the_way}
        else:
            things |= {FROM_KEYRING: coder("--use-keyring", "--global-config", directory, "login", "token")}
        samples = measure_starts(things, rounds)
    comparisons = (
        Comparison(readers.KEYRING_GET, FROM_FILE, Target(low=3.2)),
        Comparison(readers.KEYRING_GET, FROM_KEYRING, Target(low=3.2)),
        *(Comparison(readers.KEYRING_GET, name) for name in (VERSION, HELP)),
        *(Comparison(name, IMPORT_CLICK) for name in (FROM_FILE, VERSION, HELP)),
    )
    return Table("Command", MILLISECONDS, samples, comparisons, missing)


def compare_with_click() -> tuple[Comparison, ...]:
    limits = {FROM_FILE: 1.3, VERSION: 1.25, HELP: 1.5}
    return tuple(Comparison(name, IMPORT_CLICK, Target(high=limit)) for name, limit in limits.items())


def coder(*arguments: str) -> tuple[str, ...]:
    return ("-m", "coder_login", *arguments)


def without(things: Things, missing: dict[str, str]) -> Things:
    return {name: arguments for name, arguments in things.items() if name not in missing}
