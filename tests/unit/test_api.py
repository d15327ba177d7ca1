"""What each answer of a deployment means, and what of it a person gets to see."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import struct
import tracemalloc
import zlib
from dataclasses import replace
from email.message import Message
from typing import Any

import pytest
from coder_login.deployment import transport
from coder_login.deployment.api import User
from coder_login.deployment.codings import UnreadableBodyError, unpack
from coder_login.deployment.errors import (
    APIError,
    CompressedAnswerError,
    InFrontError,
    InvalidKeyError,
    NotCoderError,
    NoUserError,
    PageURLError,
    SignInError,
    TokenRefusedError,
    UnexpectedAnswerError,
    WebPageError,
)
from coder_login.deployment.faults import MAX_BODY
from coder_login.deployment.headers import Headers
from coder_login.deployment.response import Response
from coder_login.deployment.session_token import InvalidTokenError
from deployment import Deployment
from loopback import Answer, error, json_answer, redirect

from cli import TOKEN, client

pytest_plugins = ["cli_fixtures"]

PAGE = Answer(headers={"Content-Type": "text/html; charset=utf-8"}, body=b"<!doctype html><title>Sign in</title>")
IN_FRONT = "perhaps from something in front of the deployment"


def provoke(deployment: Deployment, answer: Answer, headers: Headers | None = None) -> APIError:
    """What becomes of *answer* to users/me."""
    deployment.answer("GET", "users/me", answer)
    with pytest.raises(APIError) as caught:
        client(deployment.url, headers=headers).identify(TOKEN)
    return caught.value


def test_a_deployment_is_recognised(deployment: Deployment) -> None:
    """users/first is asked without a token."""
    client(deployment.url).check_deployment()
    assert [(request.method, request.path, request.token) for request in deployment.requests] == [
        ("GET", "/api/v2/users/first", None)
    ]


def test_a_deployment_without_a_user() -> None:
    """The error has the URL where the first user is made."""
    with Deployment(first_user=False, base_path="/base") as deployment, pytest.raises(NoUserError) as caught:
        client(deployment.url).check_deployment()
    assert caught.value.message == f"{deployment.url} has no user yet"
    assert (str(caught.value.url), caught.value.status) == (deployment.url, 404)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(replace(PAGE, build_version=False), "a web page", id="web-page"),
        pytest.param(replace(PAGE, build_version=False, status=404), "a web page", id="404-web-page"),
        pytest.param(Answer(404, body=b"no", build_version=False), "something else", id="404"),
        pytest.param(replace(json_answer({}), build_version=False), "something else", id="json"),
    ],
)
def test_what_is_not_a_coder_deployment(deployment: Deployment, answer: Answer, kind: str) -> None:
    """A 2xx, or the 404 of users/first, without the build header is not from a Coder deployment."""
    deployment.answer("GET", "users/first", answer)
    with pytest.raises(NotCoderError) as caught:
        client(deployment.url).check_deployment()
    assert type(caught.value) is (WebPageError if "page" in kind else NotCoderError)
    assert caught.value.message == (
        f"{deployment.url}/api/v2/users/first answered with {kind}, not as a Coder deployment"
    )
    assert (str(caught.value.url), caught.value.status) == (deployment.url, answer.status)


@pytest.mark.parametrize(
    "answer",
    [pytest.param(PAGE, id="html"), pytest.param(json_answer("yes"), id="string"), pytest.param(Answer(), id="empty")],
)
def test_a_deployment_that_does_not_answer_in_json(deployment: Deployment, answer: Answer) -> None:
    """The build header alone does not make it one to trust with a token."""
    deployment.answer("GET", "users/first", answer)
    with pytest.raises(UnexpectedAnswerError) as caught:
        client(deployment.url).check_deployment()
    assert caught.value.message == (
        f"the answer of {deployment.url} to {deployment.url}/api/v2/users/first is not understood"
    )


# A URL that was copied from the browser.


@pytest.mark.parametrize("base", ["", "/coder", "/a/b"])
@pytest.mark.parametrize(
    "page",
    [
        "login",
        "workspaces",
        "@anna/ws/terminal",
        "templates/docker/files",
        "cli-auth",
        "api/v2/users/me",
        "bin/",
        "a//b",
    ],
)
def test_the_url_of_a_page_names_the_deployment(base: str, page: str) -> None:
    """It was asked, and has answered, without a token; a base path of its own is kept."""
    with Deployment(base_path=base) as deployment, pytest.raises(PageURLError) as caught:
        client(f"{deployment.url}/{page}").check_deployment()
    url = f"{deployment.url}/{page}".rstrip("/")
    assert caught.value.message == f"{url} is not a deployment's own URL, and {deployment.url} is"
    assert (str(caught.value.url), str(caught.value.deployment)) == (url, deployment.url)
    assert [request.token for request in deployment.requests if request.token] == []
    assert len(deployment.requests) <= 6


def test_the_nearest_deployment_above_is_the_one(deployment: Deployment) -> None:
    """Where there is another at the root of the same host, a page below the base path is not its."""
    deployment.answer("GET", "/coder/api/v2/users/first", json_answer({"message": "x"}))
    with pytest.raises(PageURLError) as caught:
        client(f"{deployment.url}/coder/login").check_deployment()
    assert str(caught.value.deployment) == f"{deployment.url}/coder"


@pytest.mark.parametrize(("segments", "asked"), [(4, 5), (5, 6), (6, 6), (12, 6)])
def test_a_deployment_is_looked_for_at_most_four_segments_deep(
    deployment: Deployment, segments: int, asked: int
) -> None:
    """At the URL itself, and then from there to the root: a long path is no reason for many requests."""
    deployment.answer("GET", "users/first", json_answer({"message": "Route not found."}, 404), times=None)
    with pytest.raises(UnexpectedAnswerError):
        client(f"{deployment.url}{'/a' * segments}").check_deployment()
    assert len(deployment.requests) == asked


def test_two_slashes_are_no_part_of_a_deployments_url(deployment: Deployment) -> None:
    """A server may take them for one: it is named without one at its end all the same."""
    for path in ("/coder", "/coder/"):
        deployment.answer("GET", f"{path}/api/v2/users/first", json_answer({"message": "x"}), times=None)
    with pytest.raises(PageURLError) as caught:
        client(f"{deployment.url}/coder//login").check_deployment()
    assert str(caught.value.deployment) == f"{deployment.url}/coder"


def test_a_page_of_a_deployment_without_a_user() -> None:
    """The setup page is one, too."""
    with Deployment(first_user=False) as deployment, pytest.raises(PageURLError) as caught:
        client(f"{deployment.url}/setup").check_deployment()
    assert str(caught.value.deployment) == deployment.url


def test_a_path_that_no_deployment_is_above(deployment: Deployment) -> None:
    """Then the answer is told as it is, and nothing is advised that was not seen to be right."""
    deployment.answer("GET", "/api/v2/users/first", Answer(500), times=None)
    with pytest.raises(UnexpectedAnswerError) as caught:
        client(f"{deployment.url}/coder").check_deployment()
    assert caught.value.message == (
        f"the answer of {deployment.url}/coder to {deployment.url}/coder/api/v2/users/first is not understood"
    )


@pytest.mark.parametrize(
    "above",
    [
        pytest.param(Answer(drop=True), id="hangs-up"),
        pytest.param(redirect("https://login.example.com/"), id="redirects"),
        pytest.param(json_answer({"message": "Route not found."}, 404), id="api-of-another-form"),
        pytest.param(replace(json_answer({}), build_version=False), id="not-coder"),
        pytest.param(json_answer({"message": "Internal."}, 500), id="error-of-the-api"),
    ],
)
def test_what_is_above_can_fail(deployment: Deployment, above: Answer) -> None:
    """It is no deployment then, and the first answer is told."""
    deployment.answer("GET", "users/first", above, times=None)
    with pytest.raises(UnexpectedAnswerError):
        client(f"{deployment.url}/coder").check_deployment()


@pytest.mark.parametrize("status", [403, 503])
def test_nothing_is_looked_for_above_a_refusal(deployment: Deployment, status: int) -> None:
    """Only a page, or no page, can be that of a deployment above: all else is told as it is."""
    deployment.answer("GET", "/coder/api/v2/users/first", Answer(status), times=None)
    with pytest.raises(APIError) as caught:
        client(f"{deployment.url}/coder").check_deployment()
    assert (caught.value.status, len(deployment.requests)) == (status, 1)


def test_a_redirect_above_does_not_end_the_search(deployment: Deployment) -> None:
    """Something else stands at that path: the deployment may be at the root."""
    deployment.answer("GET", "/a/api/v2/users/first", redirect("https://login.example.com/"))
    with pytest.raises(PageURLError) as caught:
        client(f"{deployment.url}/a/b").check_deployment()
    assert str(caught.value.deployment) == deployment.url


def test_a_deployment_of_another_origin_is_not_the_one_above(deployment: Deployment) -> None:
    """Where redirects are followed, one that leads away says nothing of this host."""
    with Deployment() as elsewhere:
        away = redirect(f"{elsewhere.url}/api/v2/users/first")
        deployment.answer("GET", "users/first", away, times=None)
        with pytest.raises(UnexpectedAnswerError):
            client(f"{deployment.url}/coder", allow_redirects=True).check_deployment()
        assert len(elsewhere.requests) == 1


def test_a_call_that_the_api_has_not(deployment: Deployment) -> None:
    """It is not a deployment without a user."""
    deployment.answer("GET", "users/first", error(404, "Route not found.", ""))
    with pytest.raises(APIError) as caught:
        client(deployment.url).check_deployment()
    assert type(caught.value) is APIError
    assert caught.value.message == f"{deployment.url} answered 404 Not Found: Route not found."


# A body that was compressed on its way.

JSON = json.dumps({"message": "x"}).encode()


def deflate_raw(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(body) + stream.flush()


# One block that is not compressed, with a bit that nobody reads, so that the check sum of zlib's header is right.
STORED = b"\x09" + struct.pack("<HH", 21, 0xFFFF - 21) + JSON.ljust(21)
STORED_TWICE = b"\x08" + STORED[1:] + b"\x01\0\0\xff\xff"
FAR = json.dumps({"message": random.Random(1).randbytes(10_000).hex() * 2}).encode()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("gzip", gzip.compress(JSON), id="gzip"),
        pytest.param("X-GZIP", gzip.compress(JSON), id="x-gzip"),
        pytest.param("gzip", gzip.compress(JSON[:4]) + gzip.compress(JSON[4:]), id="two-members"),
        pytest.param("gzip", gzip.compress(b"") * 99 + gzip.compress(JSON), id="100-members"),
        pytest.param("deflate", zlib.compress(JSON), id="deflate"),
        pytest.param("deflate", deflate_raw(JSON), id="deflate-without-its-header"),
        pytest.param("deflate", STORED, id="deflate-that-begins-nearly-as-zlib"),
        pytest.param("deflate", STORED_TWICE, id="deflate-with-another-check-sum"),
        pytest.param("gzip", gzip.compress(FAR), id="gzip-of-the-largest-window"),
        pytest.param("deflate, gzip", gzip.compress(zlib.compress(JSON)), id="one-in-the-other"),
        pytest.param("identity", JSON, id="identity"),
        pytest.param("", JSON, id="empty"),
    ],
)
def test_a_compressed_answer_is_read(deployment: Deployment, coding: str, body: bytes) -> None:
    """Also what was not asked for."""
    answer = Answer(headers={"Content-Encoding": coding, "Content-Type": "application/json"}, body=body)
    deployment.answer("GET", "users/first", answer)
    client(deployment.url).check_deployment()
    assert deployment.requests[0].headers.get_all("Accept-Encoding") == ["identity"]


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        pytest.param("br", b"\x0b\x02\x80{}\x03", id="br"),
        pytest.param("zstd", b"\x28\xb5\x2f\xfd", id="zstd"),
        pytest.param("gzip", JSON, id="not-gzip"),
        pytest.param("gzip", zlib.compress(JSON), id="zlib-for-gzip"),
        pytest.param("deflate", JSON, id="not-deflate"),
        pytest.param("gzip", gzip.compress(JSON)[:-5], id="cut-short"),
        pytest.param("gzip", gzip.compress(b" " * (MAX_BODY + 1)), id="bomb"),
        pytest.param("gzip", gzip.compress(b" " * MAX_BODY) * 2, id="bomb-of-two-members"),
        pytest.param("gzip, gzip", gzip.compress(gzip.compress(b" " * 2 * MAX_BODY)), id="bomb-in-a-bomb"),
        pytest.param("gzip", gzip.compress(b"") * 100 + gzip.compress(JSON), id="101-members"),
        pytest.param("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(JSON))), id="three"),
        pytest.param("\x1b[31m", JSON, id="escape"),
    ],
)
def test_a_compressed_answer_that_cannot_be_read_is_named(deployment: Deployment, coding: str, body: bytes) -> None:
    """Not taken for that of another version; it is never unpacked to more than an answer may have."""
    deployment.answer("GET", "users/first", Answer(headers={"Content-Encoding": coding}, body=body))
    with pytest.raises(CompressedAnswerError) as caught:
        client(deployment.url).check_deployment()
    shown = coding.replace("\x1b", "\\x1b")
    assert caught.value.message == (
        f"the answer of {deployment.url} to {deployment.url}/api/v2/users/first is compressed ({shown}), "
        "and can't be read"
    )


@pytest.mark.parametrize("first", [b"", gzip.compress(bytes(MAX_BODY))], ids=["alone", "after-a-member-of-1-MiB"])
def test_a_bomb_is_not_unpacked(first: bytes) -> None:
    """Not even for a moment: of 64 MiB there is never more than the limit, a few times over."""
    bomb, headers = first + gzip.compress(bytes(64 * MAX_BODY)), Message()
    headers["Content-Encoding"] = "gzip"
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableBodyError):
            unpack(bomb, headers, MAX_BODY)
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_BODY
    finally:
        tracemalloc.stop()


def test_an_answer_is_unpacked_once(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is looked at: what it means, whether it can be read, and what stands in its error."""
    unpacked: list[bytes] = []

    def count(body: bytes, headers: Message, limit: int) -> bytes:
        unpacked.append(body)
        return unpack(body, headers, limit)

    monkeypatch.setattr(transport, "unpack", count)
    answer = Answer(headers={"Content-Encoding": "gzip"}, body=gzip.compress(b"[]"))
    deployment.answer("GET", "users/first", answer, times=None)
    with contextlib.suppress(UnexpectedAnswerError):
        client(deployment.url).check_deployment()
    assert len(unpacked) == len(deployment.requests)


@pytest.mark.parametrize("item", ['""', "[]", '{"":0}', "[" * 100 + "]" * 100])
def test_json_that_takes_much_more_than_its_bytes_is_not_parsed(item: str) -> None:
    """Lists of lists would take fifty times as much memory, and each of many texts its time."""
    content = f"[{','.join([item] * (MAX_BODY // (len(item) + 1) - 1))}]".encode()
    response = Response("https://dev.example.com", 200, Message(), content)
    tracemalloc.start()
    try:
        assert response.read_json() is None
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("value", "most"),
    [
        pytest.param("7", 9_999, id="numbers"),
        pytest.param("[7]", 4_999, id="lists"),
        pytest.param('{"a":7}', 4_999, id="objects"),
    ],
)
def test_json_of_as_many_values_as_are_read(value: str, most: int) -> None:
    """10,000, for a user of nearly as many organizations."""
    read, not_read = (f"[{','.join([value] * count)}]".encode() for count in (most, most + 1))
    answers = [Response("https://dev.example.com", 200, Message(), text) for text in (read, not_read)]
    assert [answer.read_json() for answer in answers] == [[json.loads(value)] * most, None]


@pytest.mark.parametrize(
    ("deepest", "deeper"),
    [
        pytest.param("[" * 100 + "1" + "]" * 100, "[" * 101 + "1" + "]" * 101, id="arrays"),
        pytest.param("[" * 100 + "]" * 100, "[" * 101 + "]" * 101, id="an-empty-one-inside"),
        pytest.param('{"a":' * 100 + "1" + "}" * 100, '{"a":' * 101 + "1" + "}" * 101, id="objects"),
        pytest.param('[{"a":' * 50 + "1" + "}]" * 50, '[{"a":' * 50 + "{}" + "}]" * 50, id="both"),
    ],
)
def test_json_of_as_many_levels_as_are_read(deepest: str, deeper: str) -> None:
    """100, of arrays and objects alike; what has no level of its own may be in the last."""
    texts = (deepest.encode(), deeper.encode())
    answers = [Response("https://dev.example.com", 200, Message(), text) for text in texts]
    assert [answer.read_json() for answer in answers] == [json.loads(deepest), None]


@pytest.mark.parametrize("levels", [1_000, 9_000])
def test_json_that_is_nested_too_deep_is_none(levels: int) -> None:
    """How deep Python itself reads differs from version to version; it gives up with an error that is no ValueError."""
    answer = Response("https://dev.example.com", 200, Message(), b"[" * levels + b"]" * levels)
    assert answer.read_json() is None


def test_a_compressed_answer_of_1_mib_is_read(deployment: Deployment) -> None:
    """As much as one that is not."""
    body = gzip.compress(JSON.ljust(MAX_BODY))
    deployment.answer("GET", "users/first", Answer(headers={"Content-Encoding": "gzip"}, body=body))
    client(deployment.url).check_deployment()


def test_the_words_of_a_compressed_error_are_read(deployment: Deployment) -> None:
    """A refusal says why; without them it is one all the same."""
    body = gzip.compress(json.dumps({"message": "No."}).encode())
    problem = provoke(deployment, Answer(400, {"Content-Encoding": "gzip"}, body))
    assert problem.message == f"{deployment.url} answered 400 Bad Request: No."
    assert provoke(deployment, Answer(400, {"Content-Encoding": "br"}, body)).message.endswith("400 Bad Request")


def test_a_user(deployment: Deployment) -> None:
    """A good token's user, with roles by organization as the Go CLI prints them."""
    deployment.user["roles"] = [
        {"name": "owner", "display_name": "Owner"},
        {"name": "auditor"},
        {"name": "admin", "display_name": "Admin", "organization_id": "o-1"},
    ]
    assert client(deployment.url).identify(deployment.issue_token()) == User(
        id=str(deployment.user["id"]),
        username="alex",
        organization_ids=list(deployment.user["organization_ids"]),  # type: ignore[call-overload]  # it is a list
        roles={"*": ["Owner", "auditor"], "o-1": ["Admin"]},
    )


@pytest.mark.parametrize("status", [200, 299])
def test_each_status_of_success_is_good(deployment: Deployment, status: int) -> None:
    """RFC 9110 section 15.3: what a client does not know is as good as 200."""
    deployment.answer("GET", "users/me", json_answer({"id": "1", "username": "alex"}, status))
    assert client(deployment.url).identify(TOKEN).username == "alex"


@pytest.mark.parametrize("nothing", [{}, {"organization_ids": None, "roles": None}], ids=["missing", "null"])
def test_a_user_without_roles_and_organizations(deployment: Deployment, nothing: dict[str, None]) -> None:
    """Go writes null for an empty list."""
    deployment.answer("GET", "users/me", json_answer({"id": "1", "username": "alex", **nothing}))
    user = client(deployment.url).identify(TOKEN)
    assert user == User(id="1", username="alex", organization_ids=[], roles={})


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(PAGE, id="html"),
        pytest.param(Answer(body=b"{}}"), id="not-json"),
        pytest.param(Answer(body=b"\xff\xfe"), id="not-utf-8"),
        pytest.param(Answer(body=b"[" * 100_000), id="nested"),
        pytest.param(Answer(204), id="empty"),
        pytest.param(json_answer("alex"), id="string"),
        pytest.param(json_answer([]), id="list"),
        pytest.param(json_answer({"id": "1"}), id="no-username"),
        pytest.param(json_answer({"id": "1", "username": 7}), id="username-number"),
        pytest.param(json_answer({"id": "1", "username": "a", "roles": ["owner"]}), id="roles-strings"),
        pytest.param(json_answer({"id": "1", "username": "a", "organization_ids": [1]}), id="organizations-numbers"),
    ],
)
def test_an_answer_that_is_not_understood(deployment: Deployment, answer: Answer) -> None:
    """A Coder deployment's answer of another form than the API's."""
    problem = provoke(deployment, answer)
    assert type(problem) is UnexpectedAnswerError
    assert problem.status == answer.status
    assert problem.message.startswith(f"the answer of {deployment.url} to ")
    assert problem.message.endswith("users/me is not understood")


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        pytest.param(300, "300 Multiple Choices", id="300"),
        pytest.param(400, "400 Bad Request", id="400"),
        pytest.param(599, "599", id="599"),
    ],
)
def test_a_refusal(deployment: Deployment, status: int, phrase: str) -> None:
    """Status, message and detail of the deployment."""
    problem = provoke(deployment, error(status, "It did not work.", "For a reason."))
    assert type(problem) is APIError
    assert problem.message == f"{deployment.url} answered {phrase}: It did not work. For a reason."
    assert (str(problem.url), problem.status) == (deployment.url, status)


def test_an_empty_detail_leaves_no_space(deployment: Deployment) -> None:
    """The message alone ends the sentence."""
    problem = provoke(deployment, error(400, "It did not work.", ""))
    assert problem.message == f"{deployment.url} answered 400 Bad Request: It did not work."


def test_validations_are_told(deployment: Deployment) -> None:
    """The fields that the deployment complains of are named."""
    body = {"message": "Invalid.", "validations": [{"field": "name", "detail": "too long"}, "nonsense", {"field": 1}]}
    problem = provoke(deployment, json_answer(body, 400))
    assert problem.message == f"{deployment.url} answered 400 Bad Request: Invalid. name: too long 1: None"


def test_a_token_that_is_not_good(deployment: Deployment) -> None:
    """The deployment's own 401 is about the token."""
    with pytest.raises(TokenRefusedError) as caught:
        client(deployment.url).identify(TOKEN)
    assert caught.value.message == (
        f"{deployment.url} answered 401 Unauthorized: You are signed out, or your session has expired. Sign in again. "
        "API key is invalid."
    )
    assert (str(caught.value.url), caught.value.status) == (deployment.url, 401)


@pytest.mark.parametrize(
    ("status", "phrase", "kind"),
    [
        pytest.param(401, "401 Unauthorized", SignInError, id="401"),
        pytest.param(403, "403 Forbidden", SignInError, id="403"),
        pytest.param(407, "407 Proxy Authentication Required", InFrontError, id="407"),
        pytest.param(502, "502 Bad Gateway", InFrontError, id="502"),
    ],
)
def test_a_refusal_of_something_in_front(
    deployment: Deployment, status: int, phrase: str, kind: type[InFrontError]
) -> None:
    """Without the build header it is not about the token, and its text is not the deployment's."""
    problem = provoke(deployment, replace(error(status, "Who are you?", ""), build_version=False))
    assert type(problem) is kind
    assert problem.message == f"{deployment.url}/api/v2/users/me answered {phrase}, {IN_FRONT}"
    assert (str(problem.url), problem.status) == (deployment.url, status)


def read_words(deployment: Deployment, message: str, headers: Headers | None = None) -> str:
    """What is shown of the *message* in an error of the deployment."""
    problem = provoke(deployment, json_answer({"message": message}, 400), headers)
    return problem.message.removeprefix(f"{deployment.url} answered 400 Bad Request: ")


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param("a\x1b[2Jb", "a\\x1b[2Jb", id="escape"),
        pytest.param("a\r\nb\tc\x00\x7f", "a\\r\\nb\\tc\\x00\\x7f", id="c0"),
        pytest.param("a\x9b31mb", "a\\x9b31mb", id="c1"),
        pytest.param("a\u202eb\u2066c\u200fd", "a\\u202eb\\u2066c\\u200fd", id="bidirectional"),
        pytest.param("a\u2028b", "a\\u2028b", id="line-separator"),
        pytest.param("a\ud800b", "a\\ud800b", id="lone-surrogate"),
        pytest.param("Grüße, 日本", "Grüße, 日本", id="other-scripts"),
        pytest.param("x" * 500, "x" * 500, id="500"),
        pytest.param("x" * 501, "x" * 500 + "…", id="501"),
    ],
)
def test_text_of_the_deployment_is_made_safe(deployment: Deployment, message: str, shown: str) -> None:
    """What could move a terminal's cursor or reorder a line is escaped; 500 characters are shown at most."""
    answer = Answer(400, body=json.dumps({"message": message}).encode())
    problem = provoke(deployment, answer)
    assert problem.message == f"{deployment.url} answered 400 Bad Request: {shown}"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        pytest.param(f"no session {TOKEN}", "no session [hidden]", id="token-sent"),
        pytest.param(f"{TOKEN}{TOKEN}", "[hidden][hidden]", id="twice"),
        pytest.param("x" * 490 + TOKEN, "x" * 490 + "[hidden]", id="at-the-cut"),
        pytest.param("see abcdefghij-0123456789ABCDEFGHIJKL.", "see [hidden].", id="another-token"),
        pytest.param("you sent: open sesame", "you sent: [hidden]", id="header"),
        pytest.param("you sent: sesame", "you sent: [hidden]", id="header-of-6-characters"),
        pytest.param("bad credential s3cr3tvalue99", "bad credential [hidden]", id="after-the-way-to-sign-in"),
        pytest.param("first-secret and second-secret", "[hidden] and [hidden]", id="each-of-one-name"),
        pytest.param("crumb-of-bread, crumb-of-rye", "[hidden], [hidden]", id="values-of-cookies"),
        pytest.param("at /login?x=open%20sesame", "at /login?x=[hidden]", id="percent-encoded"),
        pytest.param("at /login?x=open+sesame&y", "at /login?x=[hidden]&y", id="form-encoded"),
        pytest.param("at /%6fpen%20sesam%65", "at /[hidden]", id="letters-encoded"),
        pytest.param("".join(f"%{ord(letter):02X}" for letter in TOKEN), "[hidden]", id="all-encoded"),
        pytest.param("at /a+b%20c", "at /a+b%20c", id="nothing-of-ours-encoded"),
        pytest.param("key a/b%2Bcdefg%3D", "key [hidden]", id="partly-encoded"),
        pytest.param("at /ouvre-s%C3%A9same", "at /[hidden]", id="encoded-as-utf-8"),
        pytest.param("at /ouvre-s%E9same", "at /[hidden]", id="encoded-as-latin-1"),
        pytest.param("ouvre-s\xe9same, 100 %", "[hidden], 100 %", id="not-encoded-beside-a-percent-sign"),
        pytest.param("you sent: debug", "you sent: debug", id="header-of-5-characters"),
    ],
)
def test_an_echo_is_hidden(deployment: Deployment, message: str, shown: str) -> None:
    """A deployment that repeats the token or a custom header does not bring it to the screen; short words are none."""
    headers = [("X-Gate", "open sesame"), ("X-Short", "sesame"), ("X-Word", "debug")]
    headers += [("Authorization", "Bearer s3cr3tvalue99"), ("X-Key", "first-secret"), ("X-Key", "second-secret")]
    headers += [("Cookie", "a=crumb-of-bread; b=crumb-of-rye"), ("X-Base", "a/b+cdefg="), ("X-Door", "ouvre-s\xe9same")]
    assert read_words(deployment, message, headers=headers) == shown


def test_an_echo_of_an_odd_token_is_hidden(deployment: Deployment) -> None:
    """Also a token that has not the usual form."""
    deployment.answer("GET", "users/me", json_answer({"message": "bad: s3cr3t!"}, 401))
    with pytest.raises(TokenRefusedError) as caught:
        client(deployment.url).identify("s3cr3t!")
    assert caught.value.message == f"{deployment.url} answered 401 Unauthorized: bad: [hidden]"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"message": None, "detail": 7, "validations": "x"}, id="wrong-types"),
        pytest.param(["no"], id="list"),
        pytest.param("no", id="string"),
    ],
)
def test_an_error_without_words(deployment: Deployment, answer: Any) -> None:
    """An error body of another form is an error all the same."""
    problem = provoke(deployment, json_answer(answer, 400))
    assert problem.message == f"{deployment.url} answered 400 Bad Request"


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("", id="empty"),
        pytest.param("a b", id="white-space"),
        pytest.param("x" * 257, id="257"),
        pytest.param("ключ", id="non-ascii"),
    ],
)
def test_a_minted_key_that_is_no_token(deployment: Deployment, key: str) -> None:
    """It is checked like any other token, and is not shown."""
    deployment.answer("POST", "users/me/keys", json_answer({"key": key}, 201))
    with pytest.raises(InvalidKeyError) as caught:
        client(deployment.url).mint_key(deployment.issue_token())
    assert caught.value.message.startswith("the session key from the deployment is ")
    assert isinstance(caught.value.__cause__, InvalidTokenError)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize(
    "answer", [pytest.param({}, id="missing"), pytest.param({"key": 7}, id="number"), pytest.param([], id="list")]
)
def test_an_answer_without_a_key(deployment: Deployment, answer: Any) -> None:
    """A success without a key is none."""
    deployment.answer("POST", "users/me/keys", json_answer(answer, 201))
    with pytest.raises(UnexpectedAnswerError) as caught:
        client(deployment.url).mint_key(deployment.issue_token())
    assert caught.value.message == f"the answer of {deployment.url} to users/me/keys is not understood"


def test_a_base_path_is_kept() -> None:
    """Every call goes below it."""
    with Deployment(base_path="/base/path") as deployment:
        url = deployment.url
        api = client(f"{url}/")
        token = deployment.issue_token()
        api.check_deployment()
        api.logout(api.mint_key(token))
        assert [request.path for request in deployment.requests] == [
            f"/base/path/api/v2/users/{call}" for call in ("first", "me/keys", "logout")
        ]
