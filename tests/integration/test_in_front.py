"""What a login says when something other than the deployment answers, or when its URL is a page's; on every system."""

from __future__ import annotations

import pytest
from deployment import Deployment
from loopback import Answer, redirect

from cli import TOKEN, Inside

pytest_plugins = ["cli_fixtures"]

SIGN_IN = (
    "If there is a sign-in in front of the deployment, give the headers that let a program through it, "
    "with --header or --header-command"
)
NOT_ENOUGH = "The custom headers do not let this command through a sign-in in front of the deployment: check them."
PAGE = Answer(headers={"Content-Type": "text/html"}, body=b"<title>Sign in</title>", build_version=False)
FRONTS = [
    pytest.param(redirect("https://login.example.com/cdn-cgi/access/login?redirect_url=%2Fapi", 302), id="redirect"),
    pytest.param(redirect("/oauth2/start?rd=%2Fapi%2Fv2%2Fusers%2Ffirst", 302), id="redirect-of-the-same-host"),
    pytest.param(Answer(401, body=b"no", build_version=False), id="401"),
    pytest.param(Answer(403, {"Content-Type": "text/html"}, b"<p>no</p>", build_version=False), id="403"),
    pytest.param(PAGE, id="page"),
]


def log_in(inside: Inside, deployment: Deployment, *words: str) -> list[str]:
    """The lines of a login's error; the login has sent no token and stored nothing."""
    run = inside.run("login", "--no-open", *words, input=TOKEN)
    assert (run.code, run.stdout) == (1, b"")
    assert inside.machine.files() == {}
    assert [request.token for request in deployment.requests if request.token] == []
    return run.stderr.splitlines()


@pytest.mark.parametrize("answer", FRONTS)
def test_a_sign_in_in_front_is_met_by_headers(inside: Inside, deployment: Deployment, answer: Answer) -> None:
    """The next step names the two options."""
    deployment.answer("GET", "users/first", answer, times=None)
    assert log_in(inside, deployment, deployment.url)[-1] == SIGN_IN


@pytest.mark.parametrize("answer", FRONTS)
def test_headers_that_do_not_help_are_not_asked_for_again(
    inside: Inside, deployment: Deployment, answer: Answer
) -> None:
    """They were sent, and were not enough; their values are not repeated."""
    deployment.answer("GET", "users/first", answer, times=None)
    lines = log_in(inside, deployment, "--header", "X-Gate=hunter2", deployment.url)
    assert lines[-1] == NOT_ENOUGH
    assert "hunter2" not in "".join(lines)
    assert deployment.requests[0].headers["X-Gate"] == "hunter2"


def test_a_followed_redirect_to_a_sign_in(inside: Inside, deployment: Deployment) -> None:
    """The option is given already, and the page is no deployment's."""
    with Deployment() as elsewhere:
        elsewhere.answer("GET", "/login", PAGE)
        deployment.answer("GET", "users/first", redirect(f"{elsewhere.url}/login"))
        assert log_in(inside, deployment, "--allow-redirects", deployment.url)[-1] == SIGN_IN


def test_a_deployment_that_has_moved(inside: Inside, deployment: Deployment) -> None:
    """Its new URL is the next step, whether the redirect is followed or not."""
    with Deployment() as elsewhere:
        deployment.answer("GET", "users/first", redirect(f"{elsewhere.url}/api/v2/users/first"), times=None)
        for option in ("--allow-redirects", "--allow-redirects=false"):
            step = log_in(inside, deployment, option, deployment.url)[-1]
            assert step == f"Give that deployment's own URL: {elsewhere.url}"


def test_a_deployment_that_has_tls_by_now(inside: Inside, deployment: Deployment) -> None:
    """From http to https of the same host it is the https URL."""
    secure = deployment.url.replace("http:", "https:")
    deployment.answer("GET", "users/first", redirect(f"{secure}/api/v2/users/first", 301))
    assert log_in(inside, deployment, deployment.url)[-1] == f"Give that deployment's own URL: {secure}"


@pytest.mark.parametrize("page", ["workspaces", "login", "@anna/ws/terminal", "templates", "cli-auth", "api/v2"])
def test_the_url_of_a_page_is_answered_with_the_deployments(inside: Inside, deployment: Deployment, page: str) -> None:
    """Not with another version of the command."""
    assert log_in(inside, deployment, f"{deployment.url}/{page}") == [
        f"error: {deployment.url}/{page} is not a deployment's own URL, and {deployment.url} is",
        f"Leave out the rest of the path: {deployment.url}",
    ]


def test_the_url_of_a_page_with_a_query(inside: Inside, deployment: Deployment) -> None:
    """What it holds is not repeated: it can be a code to sign in with."""
    run = inside.run("login", f"{deployment.url}/login?code=hunter2")
    assert run.code == 2
    assert run.stderr.splitlines()[-2:] == [
        "error: The URL has a query or a fragment",
        f"Give the deployment's own URL, without a page and what follows ? or #: {deployment.url}",
    ]


@pytest.mark.parametrize(
    ("url", "fact"),
    [
        pytest.param("https://127.1", "a browser takes the URL's host for the address 127.0.0.1", id="short"),
        pytest.param("2130706433:3000", "a browser takes the URL's host for the address 127.0.0.1", id="one-number"),
        pytest.param("https://foo.123", "the URL's host ends in a number, and is not an IPv4 address", id="name"),
    ],
)
def test_a_host_that_is_another_to_a_browser(inside: Inside, url: str, fact: str) -> None:
    """Refused as wrong usage, before anything is looked up."""
    run = inside.run("login", url)
    assert run.code == 2
    assert run.stderr.lower().splitlines()[-2:] == [
        f"error: {fact}".lower(),
        "write the host's name, or its address as four decimal numbers.",
    ]
