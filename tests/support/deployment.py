"""A stand-in Coder deployment: a real HTTP server on loopback, with sessions that expire and can be revoked.

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
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Self

from loopback import BUILD_VERSION_HEADER, TOKEN_HEADER, Answer, LoopbackServer, Request, error, json_answer

VERSION = "v2.31.0+standin"


class Deployment:
    """A Coder deployment with one user, up while it is entered.

    `lifetime` is that of a session, in seconds of the clock `now`. `host` changes only the URL. Without
    `build_version` no answer says that it comes from Coder. Sessions outlive a stop; the port does not.
    """

    url: str

    def __init__(
        self,
        *,
        base_path: str = "",
        first_user: bool = True,
        username: str = "alex",
        name: str = "Alex Example",
        build_version: str | None = VERSION,
        lifetime: float = 86400,
        now: Callable[[], float] = time.time,
        host: str = "127.0.0.1",
        port: int = 0,
        ssl_context: ssl.SSLContext | None = None,
        verbose: bool = False,
    ) -> None:
        self.build_version, self.first_user = build_version, first_user
        self.user = _user(username, name)
        self._base_path, self._host, self._port = base_path.rstrip("/"), host, port
        self._ssl_context, self._verbose = ssl_context, verbose
        self._lifetime, self._now = lifetime, now
        self._lock = threading.RLock()
        self._expiries: dict[str, float] = {}
        self._requests: list[Request] = []
        self._plans: dict[tuple[str, str], Iterator[Answer | None]] = {}
        self._routes = {self._path(route): methods for route, methods in self._api().items()}

    def __enter__(self) -> Self:
        self._server = LoopbackServer(
            self.respond, port=self._port, ssl_context=self._ssl_context, verbose=self._verbose
        )
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

    def issue_token(self) -> str:
        """A new session of the user."""
        token = f"{_random_word(10)}-{_random_word(22)}"
        with self._lock:
            self._expiries[token] = self._now() + self._lifetime
        return token

    def expire(self, token: str) -> None:
        """End the session of `token`, as time would."""
        with self._lock:
            self._expiries[token] = self._now()

    def revoke(self, token: str) -> None:
        """Forget the session of `token`, if there is one."""
        with self._lock:
            self._expiries.pop(token, None)

    def is_valid(self, token: str) -> bool:
        return token in self.valid_tokens()

    def valid_tokens(self) -> set[str]:
        """The tokens of all sessions that are neither expired nor revoked."""
        with self._lock:
            return {token for token, expiry in self._expiries.items() if expiry > self._now()}

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
        if self.build_version is None or not answer.build_version:
            return answer
        return replace(answer, headers={BUILD_VERSION_HEADER: self.build_version, **answer.headers})

    def _choose(self, request: Request) -> Answer:
        path = request.path.partition("?")[0]
        planned = next(self._plans.get((request.method, path), iter(())), None)
        if planned and not planned.after_effect:
            return planned
        real = self._perform(path, request)
        return planned or real

    def _perform(self, path: str, request: Request) -> Answer:
        methods = self._routes.get(path)
        if methods is None:
            return error(404, "Route not found.", "This deployment serves nothing at that path.")
        if request.method not in methods:
            refusal = error(405, "Method not allowed.", f"Use {', '.join(methods)}.")
            return replace(refusal, headers={**refusal.headers, "Allow": ", ".join(methods)})
        return methods[request.method](request)

    def _path(self, route: str) -> str:
        return f"{self._base_path}{route}" if route.startswith("/") else f"{self._base_path}/api/v2/{route}"

    def _api(self) -> dict[str, dict[str, Callable[[Request], Answer]]]:
        return {
            "users/first": {"GET": self._first_user},
            "users/me": {"GET": lambda request: self._refusal(request) or json_answer(self.user)},
            "users/me/keys": {"POST": self._create_key},
            "users/logout": {"POST": self._log_out},
            "buildinfo": {"GET": self._build_info},
            "/cli-auth": {"GET": self._sign_in_page},
        }

    def _refusal(self, request: Request) -> Answer | None:
        token = request.token or ""
        if token and self.is_valid(token):
            return None
        return error(401, "You are signed out, or your session has expired. Sign in again.", self._flaw(token))

    def _flaw(self, token: str) -> str:
        if not token:
            return f"The header {TOKEN_HEADER} must be provided."
        if [len(part) for part in token.split("-")] != [10, 22]:
            return "Invalid API key format."
        return "API key expired." if token in self._expiries else "API key is invalid."

    def _first_user(self, _: Request) -> Answer:
        if self.first_user:
            return json_answer({"message": "The initial user has already been created!"})
        return json_answer({"message": "The initial user has not been created!"}, 404)

    def _create_key(self, request: Request) -> Answer:
        return self._refusal(request) or json_answer({"key": self.issue_token()}, 201)

    def _log_out(self, request: Request) -> Answer:
        refusal = self._refusal(request)
        if refusal is None:
            self.revoke(request.token or "")
        return refusal or json_answer({"message": "Logged out!"})

    def _build_info(self, _: Request) -> Answer:
        version = self.build_version or VERSION
        urls = {"external_url": "https://github.com/coder/coder", "dashboard_url": self.url}
        return json_answer({"version": version, "deployment_id": self.user["id"], **urls})

    def _sign_in_page(self, _: Request) -> Answer:
        page = f"<!doctype html><title>Session token</title><code>{self.issue_token()}</code>\n"
        return Answer(200, {"Content-Type": "text/html; charset=utf-8"}, page.encode())


def _user(username: str, name: str) -> dict[str, object]:
    """A user in the form of the API, the owner of the deployment."""
    created = "2025-01-02T03:04:05.678901Z"
    return {
        "id": str(uuid.uuid4()),
        "username": username,
        "name": name,
        "email": f"{username}@example.com",
        "organization_ids": [str(uuid.uuid4())],
        "roles": [{"name": "owner", "display_name": "Owner"}],
        "status": "active",
        "login_type": "password",
        "avatar_url": "",
        **dict.fromkeys(("created_at", "updated_at", "last_seen_at"), created),
    }


def _random_word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def main() -> None:
    """Serve one deployment until a signal, or the end of standard input if so asked."""
    options = _parser().parse_args()
    done = _signalled()
    if options.until_eof:
        threading.Thread(target=_wait_for_eof, args=(done,), daemon=True).start()
    served = Deployment(
        port=options.port,
        lifetime=options.token_lifetime,
        first_user=not options.no_user,
        verbose=options.verbose,
    )
    with served as deployment:
        lines = f"url: {deployment.url}\ntoken: {deployment.issue_token()}\n"
        print(lines, end="", flush=True)
        with _published(lines, options.ready_file):
            while not done.wait(0.2):  # without a timeout, Windows would not notice Ctrl-C
                pass


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Serve a stand-in Coder deployment on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--token-lifetime", type=float, default=86400, metavar="SECONDS")
    parser.add_argument("--no-user", action="store_true", help="as before the first user is made")
    parser.add_argument("--ready-file", type=Path, metavar="FILE", help="the printed lines, while serving")
    parser.add_argument("--until-eof", action="store_true", help="stop at the end of standard input")
    parser.add_argument("-v", "--verbose", action="store_true", help="log each request line and its status")
    return parser


def _signalled() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    return done


def _wait_for_eof(done: threading.Event) -> None:
    while os.read(0, 4096):  # not sys.stdin: a thread inside its lock makes the interpreter abort at exit
        pass
    done.set()


@contextlib.contextmanager
def _published(lines: str, file: Path | None) -> Iterator[None]:
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
