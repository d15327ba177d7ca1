"""Where a redirect of the API leads: to the same call of a deployment by another URL, or to a page to sign in."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from coder_login.deployment.url import DeploymentURL, InvalidURLError

_API = "/api/v2/"


def find_deployment(asked: str, target: str) -> DeploymentURL | None:
    """The deployment that *target* names, when it is the same call of the API as *asked*; None for another page."""
    call = _API + urlsplit(asked).path.rpartition(_API)[2]
    parts = urlsplit(target)
    path = parts.path.rstrip("/")
    if not path.endswith(call):
        return None
    with contextlib.suppress(InvalidURLError):
        return DeploymentURL.parse(f"{parts.scheme}://{parts.netloc}{path.removesuffix(call)}")
    return None
