"""A stand-in Coder deployment: a real HTTP server on loopback, whose sessions can be revoked.

By hand: ``python tests/support/deployment.py`` prints its URL and a usable token, and serves until Ctrl-C.
"""

import argparse
import contextlib
import os
import secrets
import signal
import ssl
import string
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Self

from loopback import BUILD_VERSION_HEADER, TOKEN_HEADER, Answer, LoopbackServer, Request, error, json_answer

VERSION = "v2.31.0+standin"
PAGE = Answer(headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<!doctype html><title>Coder</title>")


class Deployment:
    """A Coder deployment with one user, up while it is entered.

    `host` changes only the URL, except for [::1], where it listens.
    """

    url: str

    def __init__(
        self,
        *,
        base_path: str = "",
        first_user: bool = True,
        username: str = "alex",
        host: str = "127.0.0.1",
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self.user = _make_user(username)
        self._first_user = first_user
        self._base_path, self._host, self._ssl_context = base_path, host, ssl_context
        self._lock = threading.RLock()
        self._tokens: set[str] = set()
        self.keys: list[str] = []
        """The session keys that it has made, in their order."""
        self._requests: list[Request] = []
        self._plans: dict[tuple[str, str], Iterator[Answer | None]] = {}
        self._calls: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", self._path("users/first")): self._tell_first_user,
            ("GET", self._path("users/me")): lambda request: self._refuse(request) or json_answer(self.user),
            ("POST", self._path("users/me/keys")): self._create_key,
            ("POST", self._path("users/logout")): self._log_out,
        }

    def __enter__(self) -> Self:
        address = "::1" if self._host == "[::1]" else "127.0.0.1"
        self._server = LoopbackServer(self.respond, ssl_context=self._ssl_context, address=address)
        scheme = "https" if self._ssl_context else "http"
        self.url = f"{scheme}://{self._host}:{self._server.port}{self._base_path}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    @property
    def requests(self) -> list[Request]:
        """The requests so far, in the order of their arrival."""
        with self._lock:
            return list(self._requests)

    def issue_token(self, token: str | None = None) -> str:
        """A new session of the user; a *token* of another form than the usual, perhaps."""
        token = token or f"{_make_word(10)}-{_make_word(22)}"
        with self._lock:
            self._tokens.add(token)
        return token

    def revoke(self, token: str) -> None:
        """End the session of `token`, if there is one."""
        with self._lock:
            self._tokens.discard(token)

    def is_valid(self, token: str) -> bool:
        return token in self.valid_tokens()

    def valid_tokens(self) -> set[str]:
        """The tokens of all sessions that are not revoked."""
        with self._lock:
            return set(self._tokens)

    def answer(self, method: str, route: str, answer: Answer, *, times: int | None = 1, after: int = 0) -> None:
        """Give `answer` to the next `times` calls (None: to all), once `after` of them had the real one.

        `route` is relative to the API ("users/me"), or to the base path when it starts with "/". Several plans
        for one call take effect one after the other.
        """
        key = (method, self._path(route))
        fakes = repeat(answer) if times is None else repeat(answer, times)
        with self._lock:
            self._plans[key] = chain(self._plans.get(key, ()), repeat(None, after), fakes)

    def respond(self, request: Request) -> Answer:
        """Record the request and answer it, as planned or for real."""
        with self._lock:
            self._requests.append(request)
            answer = self._choose(request)
        if not answer.build_version:
            return answer
        return replace(answer, headers={BUILD_VERSION_HEADER: VERSION, **answer.headers})

    def _choose(self, request: Request) -> Answer:
        key = (request.method, request.path.partition("?")[0])
        planned = next(self._plans.get(key, iter(())), None)
        if planned and not planned.after_effect:
            return planned
        real = self._calls[key](request) if key in self._calls else self._answer_elsewhere(key[1])
        return planned or real

    def _answer_elsewhere(self, path: str) -> Answer:
        """As the real one does: a 404 within its API, its page for every other path; outside of its base, another's."""
        if path.startswith(self._path("")):
            return error(404, "Route not found.", "")
        is_below = path == self._base_path or path.startswith(f"{self._base_path}/")
        return PAGE if is_below else replace(PAGE, status=404, build_version=False)

    def _path(self, route: str) -> str:
        return f"{self._base_path}{route}" if route.startswith("/") else f"{self._base_path}/api/v2/{route}"

    def _refuse(self, request: Request) -> Answer | None:
        """The 401 for a request without a good token; None for one with it."""
        if request.token is not None and self.is_valid(request.token):
            return None
        flaw = "API key is invalid." if request.token else f"The header {TOKEN_HEADER} must be provided."
        return error(401, "You are signed out, or your session has expired. Sign in again.", flaw)

    def _tell_first_user(self, _: Request) -> Answer:
        if self._first_user:
            return json_answer({"message": "The initial user has already been created!"})
        return json_answer({"message": "The initial user has not been created!"}, 404)

    def _create_key(self, request: Request) -> Answer:
        refusal = self._refuse(request)
        if refusal is None:
            self.keys.append(self.issue_token())
        return refusal or json_answer({"key": self.keys[-1]}, 201)

    def _log_out(self, request: Request) -> Answer:
        refusal = self._refuse(request)
        if refusal is None:
            self.revoke(request.token or "")
        return refusal or json_answer({"message": "Logged out!"})


def _make_user(username: str) -> dict[str, object]:
    """A user in the form of the API, the owner of the deployment."""
    created = "2025-01-02T03:04:05.678901Z"
    return {
        "id": str(uuid.uuid4()),
        "username": username,
        "name": "Alex Example",
        "email": f"{username}@example.com",
        "organization_ids": [str(uuid.uuid4())],
        "roles": [{"name": "owner", "display_name": "Owner"}],
        "status": "active",
        "login_type": "password",
        "avatar_url": "",
        **dict.fromkeys(("created_at", "updated_at", "last_seen_at"), created),
    }


def _make_word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def main() -> None:
    """Serve one deployment until a signal."""
    parser = argparse.ArgumentParser(description="Serve a stand-in Coder deployment on 127.0.0.1.")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="where the printed lines are, while it serves")
    ready_file = parser.parse_args().ready_file
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with Deployment() as deployment:
        lines = f"url: {deployment.url}\ntoken: {deployment.issue_token()}\n"
        print(lines, end="", flush=True)
        with _publish(lines, ready_file):
            while not done.wait(0.2):  # without a timeout, Windows would not notice Ctrl-C
                pass


@contextlib.contextmanager
def _publish(lines: str, file: Path | None) -> Iterator[None]:
    """`lines` in `file`, whole from the first moment, for as long as the context lasts."""
    if file is None:
        yield
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    draft.write_text(lines, encoding="utf-8", newline="\n")
    draft.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
