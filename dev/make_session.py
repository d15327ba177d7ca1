"""Make the pictures of a session in a terminal, docs/session-light.svg and docs/session-dark.svg.

    python dev/make_session.py            play the session, and write them
    python dev/make_session.py --check    play it, and say whether they still show what is shown

The session is a real one: the installed `coder` of the Windows Python under Wine, in a terminal, with a stand-in
deployment on this machine; so this needs what `dev/wine/` needs. In the end nobody is logged in there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT), str(ROOT / "cli")]
assert sys.platform == "linux"  # mypy reads no further for another system

import pyte  # noqa: E402
from example_world import URL, ExampleWorld  # noqa: E402
from rich._export_format import CONSOLE_SVG_FORMAT  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.terminal_theme import DIMMED_MONOKAI, TerminalTheme  # noqa: E402
from rich.text import Text  # noqa: E402
from terminal import Terminal  # noqa: E402

BENCH = [sys.executable, str(ROOT / "dev/wine/windows.py")]
COLUMNS = 96
LINES = 40
SESSION = [
    (f"coder login --use-keyring {URL}", "Paste your token here:"),
    ("coder whoami --use-keyring", ""),
    ("coder keyring status", ""),
    ("coder logout --use-keyring", "[Y/n]:"),
]
"""Each command line, and the question that it asks, to which the token or a yes is typed."""

LIGHT = TerminalTheme(
    (246, 248, 250),
    (36, 41, 47),
    [
        (36, 41, 47),
        (207, 34, 46),
        (17, 99, 41),
        (77, 45, 0),
        (9, 105, 218),
        (130, 80, 223),
        (27, 124, 131),
        (110, 119, 129),
    ],
)
PICTURES = {"light": LIGHT, "dark": DIMMED_MONOKAI}


def main(*arguments: str) -> int:
    shown = Text("\n").join(play())
    stale = []
    for name, theme in PICTURES.items():
        file, picture = ROOT / f"docs/session-{name}.svg", draw(shown, theme)
        if "--check" not in arguments:
            file.write_text(picture, encoding="utf-8", newline="\n")
            print(f"wrote {file}")
        elif not file.exists() or file.read_text(encoding="utf-8") != picture:
            stale.append(file.name)
    if stale:
        print(f"{' and '.join(stale)} no longer show what the command says: run python dev/make_session.py")
        print(shown.plain)
    return 1 if stale else 0


def play() -> Iterator[Text]:
    """The lines of the whole session, with their colours."""
    subprocess.run([*BENCH, "build"], stdout=subprocess.DEVNULL, check=True)  # not within the session
    with tempfile.TemporaryDirectory() as folder, ExampleWorld(Path(folder)) as world:
        for number, (line, question) in enumerate(SESSION):
            if number:
                yield Text()
            yield Text(f"> {line}", "bold")
            yield from run(line, question, world)
        yield Text()  # the picture ends right below its last line


def run(line: str, question: str, world: ExampleWorld) -> Iterator[Text]:
    """What a person sees of one command."""
    settings = {name: world.environment[name] for name in ("HTTPS_PROXY", "SSL_CERT_FILE")}
    environment = {**find_own_environment(), **settings, "CODER_NO_OPEN": "true"}
    one = Terminal([*BENCH, *line.split()], environment, columns=COLUMNS)
    try:
        if question:
            one.expect(question)
            time.sleep(1)  # until Wine's console reads keys, and not lines
            one.type(f"{'y' if question.startswith('[') else world.token}\r")
        code = one.end()
    finally:
        one.close()
    assert code == 0, f"{line} ends with {code}: {one.seen}"
    yield from render(one.seen)


def find_own_environment() -> dict[str, str]:
    """This process' environment, without settings of the command."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("CODER_", "SSL_"))}


def render(seen: str) -> list[Text]:
    """The lines that stand on a terminal which has got *seen*."""
    screen = pyte.Screen(COLUMNS, LINES)
    pyte.Stream(screen).feed(seen.replace("\n", "\r\n"))
    lines = [render_line(screen, number) for number in range(LINES)]
    while lines and not lines[-1].plain:
        lines.pop()
    while lines and not lines[0].plain:
        lines.pop(0)
    return lines


def render_line(screen: pyte.Screen, number: int) -> Text:
    line = Text()
    for column in range(COLUMNS):
        character = screen.buffer[number][column]
        colour = "" if character.fg == "default" else character.fg.replace("brown", "yellow")
        line.append(character.data, f"{'bold ' if character.bold else ''}{colour}".strip())
    line.rstrip()
    return line


def draw(shown: Text, theme: TerminalTheme) -> str:
    """*shown* as a terminal in an SVG, whose fonts are those of whoever looks at it."""
    console = Console(record=True, width=COLUMNS, file=open("/dev/null", "w"), force_terminal=True)  # noqa: SIM115
    console.print(shown, soft_wrap=True)
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
        "Fira Code", "ui-monospace, Consolas, Menlo, monospace"
    )
    return console.export_svg(title="coder", theme=theme, code_format=form, unique_id="session")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
