"""What the Go `coder` CLI has and this command has not: options that mean nothing here, and its other commands.

The names are those of its `cli/root.go` and `enterprise/cli/root.go`, versions 2.0 to 2.34.
"""

from __future__ import annotations

import os
import sys

_MAX_SCRIPT_SIZE = 1024 * 1024  # bytes; the Go program has more than a hundred times as many


IGNORED_FLAGS = frozenset(
    (
        "--debug-http",
        "--debug-options",
        "--disable-direct-connections",
        "--disable-network-telemetry",
        "--force-tty",
        "--no-feature-warning",
        "--no-version-warning",
    )
)
"""Global options of the Go CLI that editors and scripts may give, and that mean nothing here."""

IGNORED_OPTIONS = frozenset(
    (
        "--agent-token",
        "--agent-token-file",
        "--agent-url",
        "--auth",
        "--client-tls-ca-file",
        "--client-tls-cert-file",
        "--client-tls-key-file",
    )
)
"""More of them, each with a value."""

# fmt: off
COMMANDS = frozenset({
    "agent", "agent-exec", "agent-firewall", "ai-gateway", "aibridge", "autoupdate", "boundary", "completion",
    "config-ssh", "connect", "create", "delete", "dotfiles", "exit-node", "exitnode", "exp", "external-auth",
    "external-workspaces", "fav", "favorite", "favourite", "feature", "features", "gitssh", "group", "groups",
    "license", "licenses", "list", "logs", "ls", "netcheck", "notification", "notifications", "oauth2-provider",
    "open", "org", "organization", "organizations", "orgs", "ping", "port-forward", "prebuild", "prebuilds",
    "provisioner", "provisionerd", "provisioners", "proxy", "pubkey", "publickey", "rename", "reset-password",
    "restart", "rm", "schedule", "secret", "secrets", "server", "share", "sharing", "show", "speedtest", "ssh",
    "start", "stat", "state", "stop", "support", "task", "tasks", "template", "templates", "token", "tokens",
    "tunnel", "unfav", "unfavorite", "unfavourite", "update", "user", "users", "vpn-daemon", "vscodessh",
    "workspace-proxy", "wsproxy",
})
# fmt: on
"""Its commands and their aliases, without those that this command has too."""


def find_own_place() -> str:
    """The file that this command was started from."""
    return os.path.abspath(sys.executable if getattr(sys, "frozen", False) else sys.argv[0])


def find_go_program() -> str | None:
    """The first `coder` on the PATH that is the Go CLI; None when there is none."""
    import shutil

    for directory in os.get_exec_path():
        found = shutil.which("coder", path=directory) if directory else None
        if found is not None and _is_go_program(found):
            return found
    return None


def _is_go_program(program: str) -> bool:
    """By its size: this command, and a script that starts it or another one, are far smaller, unless it is frozen."""
    try:
        if getattr(sys, "frozen", False) and os.path.samefile(program, sys.executable):
            return False
        return os.stat(program).st_size > _MAX_SCRIPT_SIZE
    except OSError:
        return False
