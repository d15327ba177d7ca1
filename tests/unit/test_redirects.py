"""Redirects: refused, or followed; the token and the custom headers go to the deployment's origin alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from coder_login.deployment.errors import (
    APIError,
    Failure,
    ForeignRedirectError,
    RedirectedError,
    RequestError,
    TokenRefusedError,
)
from coder_login.deployment.exchange import Request
from coder_login.deployment.redirects import find_deployment
from coder_login.deployment.transport import Transport
from coder_login.deployment.url import DeploymentURL
from coder_login.errors import CoderError
from deployment import Deployment
from loopback import Answer, redirect

from cli import TOKEN, client

pytest_plugins = ["cli_fixtures"]

GATE = ("X-Gate", "open sesame")
STATUSES = [pytest.param(status, id=str(status)) for status in (301, 302, 303, 307, 308)]


@pytest.fixture
def elsewhere() -> Iterator[Deployment]:
    """A second deployment: another port is another origin."""
    with Deployment() as served:
        yield served


def provoke(deployment: Deployment, location: str, **options: object) -> RequestError:
    deployment.answer("GET", "users/me", redirect(location))
    with pytest.raises(RequestError) as caught:
        client(deployment.url, **options).identify(TOKEN)
    return caught.value


@pytest.mark.parametrize("status", STATUSES)
def test_a_redirect_is_refused(deployment: Deployment, elsewhere: Deployment, status: int) -> None:
    """Nothing is asked elsewhere; the error says where it would have led, and what to do."""
    deployment.answer("GET", "users/first", redirect(f"{elsewhere.url}/api/v2/users/first", status))
    with pytest.raises(RequestError) as caught:
        client(deployment.url).check_deployment()
    assert caught.value.message == (
        f"{deployment.url}/api/v2/users/first redirects to {elsewhere.url}/api/v2/users/first"
    )
    assert caught.value.failure is Failure.REDIRECTED
    assert elsewhere.requests == []


NEW = "https://new.example.com"


@pytest.mark.parametrize(
    ("location", "named"),
    [
        pytest.param(f"{NEW}/api/v2/users/me", NEW, id="other-host"),
        pytest.param(f"{NEW}:8443/coder/api/v2/users/me?x=y#z", f"{NEW}:8443/coder", id="base-path-and-query"),
        pytest.param("{url}/api/v2/users/me/", "{url}", id="slash"),
        pytest.param("/coder/api/v2/users/me", "{url}/coder", id="same-host"),
        pytest.param(NEW, "None", id="root"),
        pytest.param(f"{NEW}/login?redirect=/api/v2/users/me", "None", id="login-page"),
        pytest.param(f"{NEW}/login#/api/v2/users/me", "None", id="login-page-with-fragment"),
        pytest.param("/oauth2/start?rd=%2Fapi%2Fv2%2Fusers%2Fme", "None", id="login-page-of-the-same-host"),
        pytest.param(f"{NEW}/api/v2/users/first", "None", id="another-call"),
        pytest.param(f"{NEW}/$(id)/api/v2/users/me", "None", id="command-of-a-shell"),
        pytest.param(f"{NEW}/a'b;c/api/v2/users/me", "None", id="end-of-a-word"),
        pytest.param(f"{NEW}/a&b/api/v2/users/me", "None", id="end-of-a-command"),
        pytest.param(f"{NEW}/a_b-c~d.e/%20/api/v2/users/me", f"{NEW}/a_b-c~d.e/%20", id="plain-path"),
    ],
)
def test_a_refused_redirect_tells_a_deployment_from_a_page(deployment: Deployment, location: str, named: str) -> None:
    """By the path: a deployment's new URL is asked for the same call, a page to sign in is not."""
    problem = provoke(deployment, location.format(url=deployment.url))
    assert isinstance(problem, RedirectedError)
    assert (str(problem.url), str(problem.deployment)) == (deployment.url, named.format(url=deployment.url))


@pytest.mark.parametrize("build_version", [True, False], ids=["deployment", "page"])
def test_a_followed_redirect_tells_a_deployment_from_a_page(
    deployment: Deployment, elsewhere: Deployment, build_version: bool
) -> None:
    """By the build header of what answers there."""
    deployment.answer("GET", "users/me", redirect(f"{elsewhere.url}/api/v2/users/me"))
    elsewhere.answer("GET", "users/me", Answer(build_version=build_version))
    with pytest.raises(ForeignRedirectError) as caught:
        client(deployment.url, allow_redirects=True).identify(TOKEN)
    assert str(caught.value.deployment) == (elsewhere.url if build_version else "None")


@pytest.mark.parametrize("status", STATUSES)
def test_the_same_origin_keeps_the_token(deployment: Deployment, status: int) -> None:
    """A followed redirect within the origin carries token and headers, whether its URL is relative or absolute."""
    token = deployment.issue_token()
    deployment.answer("GET", "users/me", redirect("/api/v2/users/me?again=1#top", status))
    deployment.answer("GET", "users/me", redirect(f"{deployment.url}/api/v2/users/me", status))
    user = client(deployment.url, allow_redirects=True, headers=[GATE]).identify(token)
    assert user.username == "alex"
    assert [(request.token, request.headers["X-Gate"]) for request in deployment.requests] == [(token, GATE[1])] * 3


@pytest.mark.parametrize("status", STATUSES)
def test_another_origin_gets_neither_token_nor_headers(
    deployment: Deployment, elsewhere: Deployment, status: int
) -> None:
    """The redirect is followed bare, and what the other origin says of a token that it did not see is not believed."""
    deployment.answer("GET", "users/me", redirect(f"{elsewhere.url}/api/v2/users/me", status))
    with pytest.raises(ForeignRedirectError) as caught:
        client(deployment.url, allow_redirects=True, headers=[GATE]).identify(TOKEN)
    assert caught.value.message == (
        f"{deployment.url} redirects to {elsewhere.url}/api/v2/users/me, where its token does not go"
    )
    assert caught.value.target == f"{elsewhere.url}/api/v2/users/me"
    (request,) = elsewhere.requests
    assert TOKEN not in str(request.headers)
    assert GATE[1] not in str(request.headers)


@pytest.mark.parametrize(
    "name", [pytest.param("localhost", id="other-name"), pytest.param("127.0.0.2", id="other-address")]
)
def test_the_same_server_by_another_name_is_another_origin(deployment: Deployment, name: str) -> None:
    """An origin is a name, not a machine."""
    deployment.answer("GET", "users/me", redirect(deployment.url.replace("127.0.0.1", name) + "/other"))
    with pytest.raises(CoderError):
        client(deployment.url, allow_redirects=True, headers=[GATE]).identify(TOKEN)
    assert [request.token for request in deployment.requests if request.path == "/other"] in ([None], [])


def test_a_way_back_gets_the_token_again(deployment: Deployment, elsewhere: Deployment) -> None:
    """It is the origin that counts, not the way; the other origin still sees nothing."""
    token = deployment.issue_token()
    deployment.answer("GET", "users/me", redirect(f"{elsewhere.url}/back"))
    elsewhere.answer("GET", "/back", redirect(f"{deployment.url}/api/v2/users/me"))
    assert client(deployment.url, allow_redirects=True).identify(token).username == "alex"
    assert [request.token for request in elsewhere.requests] == [None]


@pytest.mark.parametrize("scheme", [pytest.param("https", id="to-https"), pytest.param("http", id="to-http")])
def test_another_scheme_is_another_origin(scheme: str) -> None:
    """Also on the same host and port."""
    other = {"https": "http", "http": "https"}[scheme]
    transport = Transport(DeploymentURL.parse(f"{other}://dev.example.com:8443"), timeout=30)
    assert transport.is_own(f"{other}://DEV.example.com:8443/x?y#z")
    assert not transport.is_own(f"{scheme}://dev.example.com:8443/")


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://dev.example.com.evil.example", id="longer-name"),
        pytest.param("https://dev.example.com@evil.example", id="user-name"),
        pytest.param("https://dev.example.com:443@evil.example/", id="user-name-and-port"),
        pytest.param("https://evil.example\\@dev.example.com/", id="backslash"),
        pytest.param("https://evil.example?@dev.example.com/", id="query"),
        pytest.param("https://evil.example#@dev.example.com/", id="fragment"),
        pytest.param("https://dev.example.com:444/", id="port"),
        pytest.param("https://[::1]/", id="address"),
        pytest.param("https://dev.example.com\t.evil.example/", id="tab"),
        pytest.param("https://dev。example.com/", id="ideographic-full-stop"),
    ],
)
def test_what_only_looks_like_the_origin_is_not(url: str) -> None:
    """Tricks of URLs, each of which some program once read in another way than its neighbour."""
    assert not Transport(DeploymentURL.parse("https://dev.example.com"), timeout=30).is_own(url)


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        pytest.param("file:///etc/passwd", "file:///etc/passwd", id="file"),
        pytest.param("ftp://127.0.0.1/x", "ftp://127.0.0.1/x", id="ftp"),
        pytest.param("data:text/plain,x", "data:text/plain,x", id="data"),
        pytest.param("javascript:alert(1)", "javascript:alert(1)", id="javascript"),
        pytest.param("http://[::1/x", "http://[::1/x", id="bracket"),
        pytest.param("http://127.0.0.1:99999/", "http://127.0.0.1:99999/", id="port-too-large"),
        pytest.param("http://127.0.0.1:x/", "http://127.0.0.1:x/", id="port-no-number"),
        pytest.param("https:///x", "https:///x", id="no-host"),
        pytest.param("https://127.1/x", "https://127.1/x", id="a-number-that-browsers-read-otherwise"),
        pytest.param("http://user:password@127.0.0.1/", "http://user:password@127.0.0.1/", id="credentials"),
        pytest.param("http://127.0.0.1/caf\xe9", "http://127.0.0.1/caf\xe9", id="a-letter-beyond-ascii"),
        pytest.param("http://127.0.0.1/a?b c", "http://127.0.0.1/a?b c", id="a-space"),
        pytest.param("http://127.0.0.1/a?b\x7f", r"http://127.0.0.1/a?b\x7f", id="a-control-character"),
    ],
)
@pytest.mark.parametrize("allow", [pytest.param(True, id="allowed"), pytest.param(False, id="refused")])
def test_a_redirect_to_no_place_of_a_deployment(deployment: Deployment, location: str, shown: str, allow: bool) -> None:
    """Only http and https are followed, and only to a host that can be read out of the URL in one way."""
    problem = provoke(deployment, location, allow_redirects=allow)
    assert problem.message == f"{deployment.url}/api/v2/users/me redirects to {shown}"
    assert problem.failure is Failure.REDIRECTED_NOWHERE


def test_a_token_in_a_location_is_hidden(deployment: Deployment) -> None:
    """A server that puts the token into a redirect does not bring it to the screen or the log."""
    lines: list[str] = []
    problem = provoke(deployment, f"/login?token={TOKEN}", log=lines.append)
    assert problem.message == f"{deployment.url}/api/v2/users/me redirects to {deployment.url}/login?token=[hidden]"
    deployment.answer("GET", "users/me", redirect(f"/login?token={TOKEN}"))
    with pytest.raises(APIError) as caught:
        client(deployment.url, allow_redirects=True, log=lines.append).identify(TOKEN)
    assert TOKEN not in str(caught.value) + "".join(lines)


@pytest.mark.parametrize("secret", [pytest.param(TOKEN, id="token"), pytest.param(GATE[1], id="header")])
def test_a_deployment_with_a_secret_in_its_url_is_not_named(deployment: Deployment, secret: str) -> None:
    """A redirect can name the same call below it; a hint would show the URL, as one to be pasted."""
    location = f"{NEW}/{quote(secret)}/api/v2/users/me"
    problem = provoke(deployment, location, headers=[GATE])
    assert isinstance(problem, RedirectedError)
    assert problem.message == f"{deployment.url}/api/v2/users/me redirects to {NEW}/[hidden]/api/v2/users/me"
    assert problem.deployment is None


@pytest.mark.parametrize("secret", [pytest.param(TOKEN, id="token"), pytest.param(GATE[1], id="header")])
@pytest.mark.parametrize(
    "encode",
    [
        pytest.param(quote, id="as-python"),
        pytest.param(lambda secret: f"%{ord(secret[0]):02x}{secret[1:].replace(' ', '+')}", id="the-first-letter"),
    ],
)
@pytest.mark.parametrize("place", ["/{}", "/login?next={}", "/{}/api/v2/users/me"])
def test_no_redirect_carries_a_secret_elsewhere(
    deployment: Deployment, elsewhere: Deployment, secret: str, place: str, encode: Callable[[str], str]
) -> None:
    """A server that puts the token, or a header, into a Location can't make us hand it to another origin."""
    path = place.format(encode(secret))
    problem = provoke(deployment, f"{elsewhere.url}{path}", allow_redirects=True, headers=[GATE])
    shown = f"{elsewhere.url}{place.format('[hidden]')}"
    fact = f"{deployment.url}/api/v2/users/me redirects to {shown}, and so tells a secret to another server"
    assert (problem.message, problem.failure) == (fact, Failure.REDIRECTED_WITH_SECRET)
    assert elsewhere.requests == []


@pytest.mark.parametrize("status", [pytest.param(307, id="307"), pytest.param(308, id="308")])
def test_a_post_stays_a_post(deployment: Deployment, status: int) -> None:
    """A revocation is not turned into a reading on its way."""
    token = deployment.issue_token()
    deployment.answer("POST", "users/logout", redirect("/api/v2/users/logout", status))
    client(deployment.url, allow_redirects=True).logout(token)
    assert [request.method for request in deployment.requests] == ["POST", "POST"]
    assert not deployment.is_valid(token)


def test_303_asks_with_get(deployment: Deployment) -> None:
    """See Other, RFC 9110 section 15.4.4."""
    deployment.answer("POST", "users/logout", redirect("/api/v2/users/first", 303))
    client(deployment.url, allow_redirects=True).logout(TOKEN)
    assert [request.method for request in deployment.requests] == ["POST", "GET"]


def test_a_loop_ends(deployment: Deployment) -> None:
    """Ten redirects are followed at most."""
    deployment.answer("GET", "users/me", redirect("/api/v2/users/me"), times=None)
    with pytest.raises(RequestError) as caught:
        client(deployment.url, allow_redirects=True).identify(TOKEN)
    assert caught.value.message == f"{deployment.url} redirects 10 times in a row"
    assert caught.value.failure is Failure.REDIRECTED_TOO_OFTEN
    assert len(deployment.requests) <= 11


def test_a_redirect_without_a_location(deployment: Deployment) -> None:
    """It leads nowhere, and is an answer like another."""
    deployment.answer("GET", "users/me", Answer(302))
    with pytest.raises(APIError) as caught:
        client(deployment.url, allow_redirects=True).identify(TOKEN)
    assert caught.value.message == f"{deployment.url} answered 302 Found"


def test_a_location_beside_another_status_is_no_redirect(deployment: Deployment, elsewhere: Deployment) -> None:
    """It says where something is, and asks nobody to go there."""
    where = {"Location": f"{elsewhere.url}/api/v2/users/first", "Content-Type": "application/json"}
    deployment.answer("GET", "users/first", Answer(200, where, b"{}"))
    client(deployment.url, allow_redirects=True).check_deployment()
    assert elsewhere.requests == []


def test_a_session_is_not_revoked_elsewhere(deployment: Deployment, elsewhere: Deployment) -> None:
    """A 401 of the origin that a logout was led to is no proof that the session is gone."""
    token = deployment.issue_token()
    deployment.answer("POST", "users/logout", redirect(f"{elsewhere.url}/api/v2/users/logout"))
    with pytest.raises(APIError) as caught:
        client(deployment.url, allow_redirects=True).logout(token)
    assert not isinstance(caught.value, TokenRefusedError)
    assert deployment.is_valid(token)


@pytest.mark.parametrize("place", ["https://anna:x@sso.example.com", "ftp://sso.example.com", "https://"])
def test_a_call_at_a_place_that_no_deployment_has_is_a_page(place: str) -> None:
    """It is asked of nobody, and named as no deployment; and no request can be made to the last one."""
    call = "api/v2/users/me"
    assert find_deployment(f"https://dev.example.com/{call}", f"{place}/{call}") is None


@pytest.mark.parametrize("url", ["https:///x", "https://a:b:c/x", "https://a b/x"])
def test_a_request_to_no_place_has_no_origin(url: str) -> None:
    """It could be read in two ways, or in none."""
    with pytest.raises(ValueError):
        _ = Request("GET", url, {}).origin


def test_no_escape_completes_a_secret() -> None:
    """A NUL after the first digit of a token is shown as an escape that ends with that digit."""
    url = DeploymentURL.parse("https://dev.example.com")
    transport = Transport(url, headers=[("X-Gate", "0123456789-s3cret")], timeout=1)
    shown = transport.make_printable("0\x00123456789-s3cret")
    assert shown == "0\\x0[hidden]"
