"""Where a redirect of the API leads: to the same call of a deployment by another URL, or to a page to sign in."""

from __future__ import annotations

import contextlib
import re
from urllib.parse import urlsplit

from coder_login.deployment.url import DeploymentURL, InvalidURLError

_API = "/api/v2/"
_PLAIN_PATH = re.compile(r"[\w./~%-]*", re.ASCII)


def find_deployment(asked: str, target: str) -> DeploymentURL | None:
    """The deployment that *target* names, when it is the same call of the API as *asked*; None for another page, and
    for a path that a shell could take for more than a word: its URL is there to be pasted."""
    call = _API + urlsplit(asked).path.rpartition(_API)[2]
    parts = urlsplit(target)
    path = parts.path.rstrip("/")
    if not path.endswith(call) or not _PLAIN_PATH.fullmatch(path):
        return None
    with contextlib.suppress(InvalidURLError):
        return DeploymentURL.parse(f"{parts.scheme}://{parts.netloc}{path.removesuffix(call)}")
    return None
