"""Which proxy a request goes through: one of the environment or of the system's settings, and often none."""

from __future__ import annotations

import urllib.request
from urllib.parse import urlsplit

from coder_login.deployment.url import Origin, parse_origin


def find_proxies(url: str, deployment: Origin) -> dict[str, str]:
    """The URLs of proxies by scheme, for a request to *url*.

    There is none for this machine. There is none for the *deployment* without TLS either: a proxy would read its token.
    """
    origin = parse_origin(url)
    if origin is not None and (origin.is_loopback or (origin == deployment and origin.scheme == "http")):
        return {}
    host = urlsplit(url).hostname or ""
    return {} if urllib.request.proxy_bypass(host) else urllib.request.getproxies()


def name_proxy(proxies: dict[str, str], url: str) -> str:
    """Host and port of the proxy that *url* goes through, "" for none; never the password that its own URL may hold."""
    proxy = proxies.get(urlsplit(url).scheme, "")
    return proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")
