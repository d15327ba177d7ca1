"""The few calls of the deployment's HTTP API, and what each answer means."""

from __future__ import annotations

import http
from dataclasses import dataclass
from typing import Any

from coder_login.deployment.session_token import InvalidTokenError, check_token
from coder_login.deployment.transport import Response, Transport
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError


class APIError(CoderError):
    """The deployment, or something in front of it, answered with an error."""

    def __init__(self, message: str, hint: str = "", status: int | None = None) -> None:
        super().__init__(message, hint)
        self.status = status


class NotCoderError(APIError):
    """What answered is not a Coder deployment."""


class NoUserError(APIError):
    """The deployment has no user yet."""


class TokenRefusedError(APIError):
    """The deployment itself says that the token is not, or no longer, good."""


@dataclass(frozen=True, slots=True)
class User:
    """Who a token belongs to."""

    id: str
    username: str
    organization_ids: list[str]
    roles: dict[str, list[str]]
    """Display names of roles by organization id, ``*`` for the whole deployment: as the Go CLI prints them."""


class Client:
    """The API of the deployment at *url*. Every method raises RequestError or APIError."""

    def __init__(self, url: DeploymentURL, transport: Transport, login: str = "coder login") -> None:
        """*login* is the command for a hint: a new session must go where the refused one is."""
        self._url = url
        self._transport = transport
        self._login = login

    def check_deployment(self) -> None:
        """Make sure that a Coder deployment with a user answers, before any token is sent there."""
        response = self._send("GET", "users/first")
        if response.status == http.HTTPStatus.NOT_FOUND:
            if response.build_version is None:
                raise self._not_coder(response)
            raise NoUserError(
                f"{self._url} has no user yet", f"make the first one at {self._url.join('setup')}", response.status
            )
        self._judged(response)

    def me(self, token: str) -> User:
        """The token's user. Raises TokenRefusedError for a token that is not good."""
        answer = self._judged(self._send("GET", "users/me", token))
        try:
            return _user(answer)
        except (AttributeError, KeyError, TypeError):
            pass
        raise self._misunderstood("users/me")

    def mint_key(self, token: str) -> str:
        """A new session key of the token's user."""
        answer = self._judged(self._send("POST", "users/me/keys", token))
        key = answer.get("key") if isinstance(answer, dict) else None
        if not isinstance(key, str):
            raise self._misunderstood("users/me/keys")
        try:
            return check_token(key, "the session key from the deployment")
        except InvalidTokenError as error:
            raise APIError(error.message, "tell the deployment's administrator") from error

    def logout(self, token: str) -> None:
        """Revoke *token*. Raises TokenRefusedError when it was not good any more."""
        self._judged(self._send("POST", "users/logout", token))

    def _send(self, method: str, path: str, token: str | None = None) -> Response:
        response = self._transport.send(method, self._url.join(f"api/v2/{path}"), token=token)
        if not self._transport.is_own(response.url):
            # Whatever it says of the token: it has not seen it.
            raise APIError(
                f"{self._url} redirects to {self._transport.shown(response.url)}, where its token does not go",
                "give that deployment's own URL",
                response.status,
            )
        return response

    def _judged(self, response: Response) -> Any:
        """The JSON of a good answer; every other one as an error that says whose it is and what to do."""
        ok = 200 <= response.status < 300
        if response.build_version is None:
            raise self._not_coder(response) if ok else self._in_front(response)
        answer = response.json()
        if not ok:
            raise self._refused(response, answer)
        if not isinstance(answer, dict | list):
            raise self._misunderstood(response.url)
        return answer

    def _not_coder(self, response: Response) -> NotCoderError:
        kind = "a web page" if "html" in response.headers.get_content_type() else "something else"
        return NotCoderError(
            f"{self._transport.shown(response.url)} answered with {kind}, not as a Coder deployment",
            "look at the URL, its base path too, and whether a login page of a proxy stands in front",
            response.status,
        )

    def _in_front(self, response: Response) -> APIError:
        return APIError(
            f"{self._transport.shown(response.url)} answered {_status(response.status)}, perhaps from something in "
            "front of the deployment",
            _HINTS.get(response.status, "look at the URL, and at what stands between here and the deployment"),
            response.status,
        )

    def _refused(self, response: Response, answer: Any) -> APIError:
        said = self._transport.shown(_said(answer))
        fact = f"{self._url} answered {_status(response.status)}" + (f": {said}" if said else "")
        hint = _HINTS.get(response.status, "look at the deployment's log, or ask its administrator")
        if response.status == http.HTTPStatus.UNAUTHORIZED:
            return TokenRefusedError(fact, f"log in again with: {self._login} {self._url}", response.status)
        return APIError(fact, hint, response.status)

    def _misunderstood(self, what: str) -> APIError:
        return APIError(
            f"the answer of {self._url} to {self._transport.shown(what)} is not understood",
            "the deployment may be older or newer than this command: look for another version of it",
        )


_HINTS = {
    403: "the user of this token may not do that: ask the deployment's administrator",
    404: "look at the URL, its base path too",
    429: "that were too many requests: wait a minute, and try again",
    500: "the deployment has a problem: try again, or ask its administrator",
    502: "the deployment can't be reached behind its proxy: try again later",
    503: "the deployment is not ready: try again later",
    504: "the deployment does not answer its proxy: try again later",
}


def _user(answer: Any) -> User:
    roles: dict[str, list[str]] = {}
    for role in answer.get("roles") or []:
        organization = role.get("organization_id") or "*"
        roles.setdefault(organization, []).append(str(role.get("display_name") or role["name"]))
    return User(
        id=_string(answer["id"]),
        username=_string(answer["username"]),
        organization_ids=[_string(item) for item in answer.get("organization_ids") or []],
        roles=roles,
    )


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _said(answer: Any) -> str:
    """What an error body says, for a person."""
    if not isinstance(answer, dict):
        return ""
    validations = answer.get("validations")
    parts = [answer.get("message"), answer.get("detail")] + [
        f"{validation.get('field')}: {validation.get('detail')}"
        for validation in (validations if isinstance(validations, list) else [])
        if isinstance(validation, dict)
    ]
    return " ".join(part for part in parts if isinstance(part, str))


def _status(status: int) -> str:
    try:
        return f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
