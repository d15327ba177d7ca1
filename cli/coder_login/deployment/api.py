"""The few calls of the deployment's HTTP API, and what each answer means."""

from __future__ import annotations

import contextlib
import http
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

from coder_login.deployment.codings import find_codings
from coder_login.deployment.errors import (
    APIError,
    CompressedAnswerError,
    ForeignRedirectError,
    InFrontError,
    InvalidKeyError,
    NotCoderError,
    NoUserError,
    PageURLError,
    RedirectedError,
    RequestError,
    SignInError,
    TokenRefusedError,
    UnexpectedAnswerError,
    WebPageError,
)
from coder_login.deployment.response import Response
from coder_login.deployment.session_token import InvalidTokenError, check_token
from coder_login.deployment.transport import Transport
from coder_login.deployment.url import DeploymentURL

_DEEPEST_BASE = 4
"""Segments that a deployment's base path has at most, where one is looked for."""

_SIGN_IN = frozenset({http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN})
_ROUTE_NOT_FOUND = "Route not found."  # what coderd/httpapi says of a path that its API has not


class User(NamedTuple):
    """The person that a token belongs to."""

    id: str
    username: str
    organization_ids: list[str]
    roles: dict[str, list[str]]
    """Display names of roles by organization id, ``*`` for the whole deployment: as the Go CLI prints them."""


class Client:
    """The API of the deployment at *url*. Every method raises RequestError or APIError."""

    def __init__(self, url: DeploymentURL, transport: Transport) -> None:
        self._url = url
        self._transport = transport

    def check_deployment(self) -> None:
        """Make sure that a Coder deployment with a user answers, before any token is sent there."""
        response = self._send("GET", "users/first")
        if not _tells_first_user(response):
            self._check_page(response)
        elif response.status == http.HTTPStatus.NOT_FOUND:
            raise NoUserError(f"{self._url} has no user yet", response.status, self._url)
        if response.status == http.HTTPStatus.NOT_FOUND:
            self._check_build_version(response)
        self._read(response)

    def identify(self, token: str) -> User:
        """The token's user. Raises TokenRefusedError for a token that is not good."""
        response = self._send("GET", "users/me", token)
        user = _parse_user(self._read(response), self._transport.hide)
        if user is None:
            self._refuse_form(response, "users/me")
        return user

    def mint_key(self, token: str) -> str:
        """A new session key of the token's user."""
        response = self._send("POST", "users/me/keys", token)
        answer = self._read(response)
        key = answer.get("key") if isinstance(answer, dict) else None
        if not isinstance(key, str):
            self._refuse_form(response, "users/me/keys")
        try:
            return check_token(key, "the session key from the deployment")
        except InvalidTokenError as error:
            raise InvalidKeyError(error.message, response.status, self._url) from error

    def logout(self, token: str) -> None:
        """Revoke *token*. Raises TokenRefusedError when it was not good any more."""
        self._read(self._send("POST", "users/logout", token))

    def _check_page(self, response: Response) -> None:
        """Raise PageURLError when the URL's path is a page's: a deployment answers every path of its own with one."""
        if response.status not in (http.HTTPStatus.OK, http.HTTPStatus.NOT_FOUND):
            return
        above = None
        with contextlib.suppress(RequestError):  # then the first answer is told as it is
            above = next(filter(self._answers, self._list_above()), None)
        if above is not None:
            fact = f"{self._url} is not a deployment's own URL, and {above} is"
            raise PageURLError(fact, response.status, self._url, above)

    def _list_above(self) -> list[DeploymentURL]:
        """The URLs above this one, the longest first: the nearest that answers is the deployment that was meant."""
        segments = self._url.path.split("/")[1:]
        lengths = range(min(len(segments) - 1, _DEEPEST_BASE), -1, -1)
        paths = ["".join(f"/{segment}" for segment in segments[:length]).rstrip("/") for length in lengths]
        return [DeploymentURL(self._url.origin, path) for path in paths]

    def _answers(self, url: DeploymentURL) -> bool:
        """Whether a deployment answers at *url*, of the same origin; asked without a token."""
        try:
            response = self._transport.send("GET", url.join("api/v2/users/first"))
        except RedirectedError:
            return False
        return self._transport.is_own(response.url) and _tells_first_user(response)

    def _send(self, method: str, path: str, token: str | None = None) -> Response:
        asked = self._url.join(f"api/v2/{path}")
        response = self._transport.send(method, asked, token=token)
        if not self._transport.is_own(response.url):
            # Whatever it says of the token: it has not seen it.
            target = self._transport.make_printable(response.url)
            fact = f"{self._url} redirects to {target}, where its token does not go"
            moved = None if response.build_version is None else self._transport.find_deployment(asked, response.url)
            raise ForeignRedirectError(fact, response.status, self._url, target, moved)
        return response

    def _read(self, response: Response) -> Any:
        """The JSON of a good answer. Raises APIError for every other one, of the class that says whose it is."""
        if not 200 <= response.status < 300:
            self._refuse_status(response)
        self._check_build_version(response)
        answer = response.read_json()
        if not isinstance(answer, dict | list):
            self._refuse_form(response, response.url)
        return answer

    def _check_build_version(self, response: Response) -> None:
        if response.build_version is None:
            is_page = "html" in response.headers.get_content_type()
            where = self._transport.make_printable(response.url)
            fact = f"{where} answered with {'a web page' if is_page else 'something else'}, not as a Coder deployment"
            raise (WebPageError if is_page else NotCoderError)(fact, response.status, self._url)

    def _refuse_status(self, response: Response) -> NoReturn:
        status = _describe_status(response.status)
        if response.build_version is None:
            where = self._transport.make_printable(response.url)
            fact = f"{where} answered {status}, perhaps from something in front of the deployment"
            raise (SignInError if response.status in _SIGN_IN else InFrontError)(fact, response.status, self._url)
        words = self._transport.make_printable(_join_words(response.read_json()))
        kind = TokenRefusedError if response.status == http.HTTPStatus.UNAUTHORIZED else APIError
        raise kind(f"{self._url} answered {status}" + (f": {words}" if words else ""), response.status, self._url)

    def _refuse_form(self, response: Response, call: str) -> NoReturn:
        answer = f"the answer of {self._url} to {self._transport.make_printable(call)}"
        if response.content is None:
            codings = self._transport.make_printable(", ".join(find_codings(response.headers)))
            fact = f"{answer} is compressed ({codings}), and can't be read"
            raise CompressedAnswerError(fact, response.status, self._url)
        raise UnexpectedAnswerError(f"{answer} is not understood", response.status, self._url)


def _tells_first_user(response: Response) -> bool:
    """Whether *response* is the API's own to users/first: 200 when there is a user, 404 when there is none yet."""
    answer = response.read_json()
    if response.build_version is None or not isinstance(answer, dict):
        return False
    is_missing = response.status == http.HTTPStatus.NOT_FOUND and answer.get("message") != _ROUTE_NOT_FOUND
    return is_missing or response.status == http.HTTPStatus.OK


def _parse_user(answer: Any, hide: Callable[[str], str]) -> User | None:
    """The user that *answer* describes, each text of it as *hide* leaves it; None when it has another form."""
    try:
        return User(
            id=hide(answer["id"]),
            username=hide(answer["username"]),
            organization_ids=[hide(item) for item in answer.get("organization_ids") or []],
            roles=_group_roles(answer.get("roles") or [], hide),
        )
    except (AttributeError, KeyError, TypeError):  # a TypeError also of *hide*, for what is no text
        return None


def _group_roles(roles: Any, hide: Callable[[str], str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for role in roles:
        organization = hide(role.get("organization_id") or "*")
        grouped.setdefault(organization, []).append(hide(str(role.get("display_name") or role["name"])))
    return grouped


def _join_words(answer: Any) -> str:
    """What the body of an error says, for a person; "" for one of another form."""
    if not isinstance(answer, dict):
        return ""
    validations = answer.get("validations")
    parts = [answer.get("message"), answer.get("detail")] + [
        f"{validation.get('field')}: {validation.get('detail')}"
        for validation in (validations if isinstance(validations, list) else [])
        if isinstance(validation, dict)
    ]
    return " ".join(part for part in parts if isinstance(part, str) and part)


def _describe_status(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
