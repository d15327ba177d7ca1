"""The site of the documentation: `bash dev/site` builds it, into `site/`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wincred import __version__

if TYPE_CHECKING:
    from sphinx.application import Sphinx

project = "wincred"
author = "The wincred developers"
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["examples"]
nitpicky = True  # a name that leads nowhere is a warning, and a warning is an error
default_role = "code"

myst_enable_extensions = ["linkify"]
myst_heading_anchors = 3
myst_linkify_fuzzy_links = False

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "undoc-members": True, "show-inheritance": True}
python_use_unqualified_type_names = True
# Of the standard library, whose pages are elsewhere, and our own types that are on no page.
nitpick_ignore_regex = [
    ("py:class", r"Path|datetime|(collections\.abc|contextlib|enum|os)\.\w+"),
    ("py:class", r"Misfits|URLFault|coder_login\.value\.Value"),
    ("py:.*", r".*\._.*"),
]

linkcheck_ignore = [r"https?://[\w.-]*example(\.com)?\b", r"https?://(localhost|127\.|\[::1\])", r"https://h\b"]

html_theme = "furo"
html_title = f"wincred {release}"
html_static_path: list[str] = []
html_show_copyright = False
html_show_sphinx = False

PAGES = {
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "dev/wine/README.md": "windows-on-linux.md",
}
"""Files outside of this directory, and the page that each is on."""


def lead_links(app: Sphinx, path: object, parent: str, content: list[str]) -> None:
    """Let the links of a file that is included lead to the pages of the site."""
    content[0] = re.sub(r"\]\(([\w/.-]+)\)", lambda link: f"]({PAGES.get(link[1], link[1])})", content[0])


def setup(app: Sphinx) -> None:
    app.connect("include-read", lead_links)
