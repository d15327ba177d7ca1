"""From what a person types to a deployment's URL, its origin, and the key of its entry in the keyring."""

from __future__ import annotations

import ipaddress

import pytest
from coder_login.deployment.addresses import compress_ipv6
from coder_login.deployment.url import DeploymentURL, InvalidURLError, Origin, parse_key
from coder_login.deployment.url_parsing import URLFault

OTHER_SCHEMES = ("file", "ftp", "git", "javascript", "ssh", "ws", "wss")

ACCEPTED = [
    pytest.param("https://dev.example.com", "https://dev.example.com", id="plain"),
    pytest.param("http://dev.example.com", "http://dev.example.com", id="http"),
    pytest.param("dev.example.com", "https://dev.example.com", id="no-scheme"),
    pytest.param("localhost", "http://localhost", id="localhost"),
    pytest.param("LOCALHOST:3000", "http://localhost:3000", id="localhost-with-port"),
    pytest.param("localhost/coder", "http://localhost/coder", id="localhost-with-path"),
    pytest.param("https://localhost", "https://localhost", id="localhost-with-scheme"),
    pytest.param("localhost.example.com", "https://localhost.example.com", id="not-localhost"),
    pytest.param("127.0.0.1", "https://127.0.0.1", id="loopback-address-without-scheme"),
    pytest.param("dev.example.com:8443", "https://dev.example.com:8443", id="no-scheme-with-port"),
    pytest.param("token:80", "https://token:80", id="a-word-with-port"),
    pytest.param("HTTPS://DEV.Example.COM", "https://dev.example.com", id="upper-case"),
    pytest.param("https://dev.example.com:443", "https://dev.example.com", id="default-https-port"),
    pytest.param("http://dev.example.com:80", "http://dev.example.com", id="default-http-port"),
    pytest.param("https://dev.example.com:80", "https://dev.example.com:80", id="the-other-default-port"),
    pytest.param("https://dev.example.com:00443", "https://dev.example.com", id="port-with-zeros"),
    pytest.param("https://dev.example.com:65535", "https://dev.example.com:65535", id="highest-port"),
    pytest.param("https://dev.example.com:", "https://dev.example.com", id="empty-port"),
    pytest.param("https://dev.example.com/", "https://dev.example.com", id="slash"),
    pytest.param("https://dev.example.com///", "https://dev.example.com", id="slashes"),
    pytest.param("https://dev.example.com/Coder/", "https://dev.example.com/Coder", id="base-path"),
    pytest.param("https://dev.example.com/@anna/b", "https://dev.example.com/@anna/b", id="at-in-the-path"),
    pytest.param("https://dev.example.com/ä", "https://dev.example.com/%C3%A4", id="path-not-ascii"),
    pytest.param("https://dev.example.com/%C3%A4", "https://dev.example.com/%C3%A4", id="path-escaped"),
    pytest.param("https://dev.example.com/\u202ex", "https://dev.example.com/%E2%80%AEx", id="bidirectional-path"),
    pytest.param("https://dev.example.com/\x9b31m", "https://dev.example.com/%C2%9B31m", id="c1-control-path"),
    pytest.param("  https://dev.example.com\r\n", "https://dev.example.com", id="white-space-around"),
    pytest.param("https://[::1]", "https://[::1]", id="ipv6"),
    pytest.param("https://[::1]:443", "https://[::1]", id="ipv6-default-port"),
    pytest.param("https://[2001:DB8:0::1]:8443", "https://[2001:db8::1]:8443", id="ipv6-in-full"),
    pytest.param("https://10.0.0.1:8080", "https://10.0.0.1:8080", id="ipv4"),
    pytest.param("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", id="idna"),
    pytest.param(f"https://{'a.' * 126}a", f"https://{'a.' * 126}a", id="longest-host"),
    pytest.param(f"https://{'a' * 63}", f"https://{'a' * 63}", id="longest-label"),
    pytest.param(f"HTTPS://{'A' * 63}", f"https://{'a' * 63}", id="longest-label-in-upper-case"),
    pytest.param("https://dev1.2x", "https://dev1.2x", id="letter-last"),
    pytest.param("https://dev.0xg", "https://dev.0xg", id="no-hexadecimal-last"),
    pytest.param("https://1.2.3.x4", "https://1.2.3.x4", id="numbers-and-a-letter"),
    pytest.param("https://255.255.255.255", "https://255.255.255.255", id="highest-ipv4"),
    pytest.param("https://[::ffff:127.0.0.1]:3000", "https://[::ffff:7f00:1]:3000", id="ipv4-within-ipv6"),
    pytest.param("https://[::FFFF:0:0]", "https://[::ffff:0:0]", id="zeros-within-ipv6"),
    pytest.param("https://[::127.0.0.1]", "https://[::7f00:1]", id="ipv4-at-the-end-of-ipv6"),
    pytest.param("https://dev/a//b", "https://dev/a//b", id="doubled-slash"),
    pytest.param("https://dev/a%2f..%5C..%2Fb", "https://dev/a%2f..%5C..%2Fb", id="escaped-slashes-are-no-slashes"),
    pytest.param("https://dev/a%2e%2eb/...", "https://dev/a%2e%2eb/...", id="dots-among-others"),
    pytest.param("https://my_host", "https://my_host", id="underscore"),
    pytest.param("https://dev.example.com.", "https://dev.example.com.", id="absolute-name"),
]


@pytest.mark.parametrize(("text", "normalised"), ACCEPTED)
def test_a_url_is_normalised(text: str, normalised: str) -> None:
    """Lower case, no default port, the base path kept, no trailing slash; what it becomes reads back as the same."""
    url = DeploymentURL.parse(text)
    assert str(url) == normalised
    assert DeploymentURL.parse(normalised) == url


def test_a_deployment_is_taken_as_text_too() -> None:
    """Parsed when it is text, and as it is when it was parsed before."""
    url = DeploymentURL.parse("https://dev.example.com/base")
    assert DeploymentURL.of(url) is url
    assert DeploymentURL.of("DEV.example.com/base/") == url
    with pytest.raises(InvalidURLError, match=r"^the URL is empty$"):
        DeploymentURL.of("")


SPACES = "the URL holds white space, a control character or a backslash"
BRACKETS = "the URL can't be parsed"
NOT_IPV6 = "the URL's host is not an IPv6 address"
NOT_A_NAME = "the URL's host is not a host name"
NOT_IPV4 = "the URL's host ends in a number, and is not an IPv4 address"
FORM, PARSING, SCHEME, QUERY = URLFault.FORM, URLFault.PARSING, URLFault.SCHEME, URLFault.QUERY
PORT, IPV6, PATH, USER = URLFault.PORT, URLFault.IPV6, URLFault.PATH, URLFault.USER
NUMBER = URLFault.NUMBER
A_USER = "the URL holds a user name or a password"
DOTS = "the URL's path has a . or .. in it"

# What a browser makes of each: https://url.spec.whatwg.org/#concept-ipv4-parser
BROWSERS = [
    ("127.1", "127.0.0.1"),
    ("127.1:3000/base", "127.0.0.1"),
    ("https://127.0.1", "127.0.0.1"),
    ("https://0x7f.1", "127.0.0.1"),
    ("https://0X7F.0.0x1", "127.0.0.1"),
    ("https://2130706433", "127.0.0.1"),
    ("https://017700000001", "127.0.0.1"),
    ("http://0177.0.0.1", "127.0.0.1"),
    ("https://127.0.0.01", "127.0.0.1"),
    ("https://127.0.0.1.", "127.0.0.1"),
    ("https://1.2.3", "1.2.0.3"),
    ("https://10.256", "10.0.1.0"),
    ("https://0x", "0.0.0.0"),
    ("https://00", "0.0.0.0"),
    ("https://4294967295", "255.255.255.255"),
]


@pytest.mark.parametrize(
    ("text", "message", "fault"),
    [
        pytest.param("", "the URL is empty", FORM, id="empty"),
        pytest.param(" \t\n", "the URL is empty", FORM, id="blank"),
        pytest.param("https://", "the URL has no host", FORM, id="no-host"),
        pytest.param("https:///path", "the URL has no host", FORM, id="no-host-but-a-path"),
        pytest.param("https://:443", "the URL has no host", FORM, id="no-host-but-a-port"),
        pytest.param("https:dev.example.com", "the URL lacks a // after the scheme", FORM, id="no-slashes"),
        pytest.param("https:8080", "the URL lacks a // after the scheme", FORM, id="a-number-after-the-scheme"),
        pytest.param("HTTP:/dev", "the URL lacks a // after the scheme", FORM, id="one-slash"),
        pytest.param("file:///etc/passwd", "the URL has the scheme file", SCHEME, id="file"),
        *(pytest.param(f"{name}://dev", f"the URL has the scheme {name}", SCHEME, id=name) for name in OTHER_SCHEMES),
        pytest.param("javascript://dev/%0aalert", "the URL has the scheme javascript", SCHEME, id="js"),
        pytest.param("swordfish://dev", "the URL has an unknown scheme", SCHEME, id="scheme-that-may-be-a-secret"),
        pytest.param("ftp\u202e://dev", "the URL has an unknown scheme", SCHEME, id="bidirectional-scheme"),
        pytest.param("https://CORP/al:hunter2@dev", A_USER, USER, id="user-of-a-domain"),
        pytest.param("https://u:/hunter2@dev", A_USER, USER, id="slash-in-a-password"),
        pytest.param("u:2/hunter2@dev", A_USER, USER, id="no-scheme-and-a-slash"),
        pytest.param("https://dev/a/@b:hunter2@c", A_USER, USER, id="two-ats"),
        pytest.param("https://dev?x=1", "the URL has a query or a fragment", QUERY, id="query"),
        pytest.param("https://dev/#top", "the URL has a query or a fragment", QUERY, id="fragment"),
        pytest.param("https://dev/?", "the URL has a query or a fragment", QUERY, id="empty-query"),
        pytest.param("https://dev/#", "the URL has a query or a fragment", QUERY, id="empty-fragment"),
        pytest.param("https://dev.example.com/a b", SPACES, FORM, id="space"),
        pytest.param("https://dev.exa\tmple.com", SPACES, FORM, id="tab-that-urlsplit-drops"),
        pytest.param("https://dev.example.com\n.evil.example", SPACES, FORM, id="line-end-that-urlsplit-drops"),
        pytest.param("https://dev.example.com/\r\nX: y", SPACES, FORM, id="header-injection"),
        pytest.param("https://dev\0.example.com", SPACES, FORM, id="nul"),
        pytest.param("https://dev\x7f.example.com", SPACES, FORM, id="delete"),
        pytest.param("https://dev\x1b[31m.example.com", SPACES, FORM, id="escape"),
        pytest.param("https://evil.example\\@dev.example.com", SPACES, FORM, id="backslash"),
        pytest.param("https:\\\\dev.example.com", SPACES, FORM, id="backslashes-for-slashes"),
        pytest.param("https://dev/\udcff", "the URL holds bytes that are not UTF-8 text", FORM, id="not-utf8-path"),
        pytest.param("https://d\udcffv", "the URL holds bytes that are not UTF-8 text", FORM, id="not-utf8-host"),
        pytest.param("https://dev/\ud800", "the URL holds bytes that are not UTF-8 text", FORM, id="first-surrogate"),
        pytest.param("https://dev/\udfff", "the URL holds bytes that are not UTF-8 text", FORM, id="last-surrogate"),
        pytest.param("https://dev:0", "the URL has the port 0", PORT, id="port-0"),
        pytest.param("https://dev:65536", BRACKETS, PARSING, id="port-too-high"),
        pytest.param("https://dev:-1", BRACKETS, PARSING, id="port-negative"),
        pytest.param("https://dev:+443", BRACKETS, PARSING, id="port-with-sign"),
        pytest.param("https://dev:4_43", BRACKETS, PARSING, id="port-with-underscore"),
        pytest.param("https://dev:\uff14\uff14\uff13", BRACKETS, PARSING, id="port-fullwidth"),
        pytest.param("https://dev:https", BRACKETS, PARSING, id="port-in-words"),
        pytest.param("https://dev:443:443", BRACKETS, PARSING, id="two-ports"),
        pytest.param("https://[::1", BRACKETS, PARSING, id="bracket-open"),
        pytest.param("https://::1]", BRACKETS, PARSING, id="bracket-closed"),
        pytest.param("https://[dev]", BRACKETS, PARSING, id="no-address-in-brackets"),
        pytest.param("https://[127.0.0.1]", BRACKETS, PARSING, id="ipv4-in-brackets"),
        pytest.param("https://[v1.x]", NOT_IPV6, IPV6, id="future-address"),
        pytest.param("https://[fe80::1%25eth0]", NOT_IPV6, IPV6, id="zone"),
        pytest.param("https://a..b/..", "the URL's path has a . or .. in it", PATH, id="dots"),
        pytest.param("https://dev/../x", "the URL's path has a . or .. in it", PATH, id="dots-first"),
        pytest.param("https://dev/./x", "the URL's path has a . or .. in it", PATH, id="one-dot"),
        pytest.param("https://anna@dev", "the URL holds a user name or a password", USER, id="user-name"),
        pytest.param("https://-dev", NOT_A_NAME, FORM, id="dash-first"),
        pytest.param("https://dev!", "the URL's host has the character '!'", FORM, id="exclamation-mark"),
        pytest.param("https://d%65v", "the URL's host has the character '%'", FORM, id="percent"),
        pytest.param("https://.", NOT_A_NAME, FORM, id="dot-alone"),
        pytest.param(f"https://{'a.' * 126}aa", NOT_A_NAME, FORM, id="too-long"),
        pytest.param(f"https://{'a' * 64}.example.com", NOT_A_NAME, FORM, id="label-too-long"),
        pytest.param("https://foo.123", NOT_IPV4, NUMBER, id="number-last"),
        pytest.param("https://host.0x1f", NOT_IPV4, NUMBER, id="hexadecimal-last"),
        pytest.param("https://host.0x", NOT_IPV4, NUMBER, id="empty-hexadecimal-last"),
        pytest.param("https://host.09.", NOT_IPV4, NUMBER, id="number-and-dot-last"),
        pytest.param("https://1.2.3.4.0", NOT_IPV4, NUMBER, id="five-numbers"),
        pytest.param("https://1.2.3.4.5", NOT_IPV4, NUMBER, id="five-numbers-no-zero"),
        pytest.param("https://1..2", NOT_IPV4, NUMBER, id="empty-part"),
        pytest.param("https://256.0.0.1", NOT_IPV4, NUMBER, id="first-part-too-large"),
        pytest.param("https://1.2.3.256", NOT_IPV4, NUMBER, id="last-part-too-large"),
        pytest.param("https://4294967296", NOT_IPV4, NUMBER, id="number-too-large"),
        pytest.param("https://08.0.0.1", NOT_IPV4, NUMBER, id="not-octal"),
        *(
            pytest.param(text, f"a browser takes the URL's host for the address {address}", NUMBER, id=text)
            for text, address in BROWSERS
        ),
        *(pytest.param(f"https://dev/a/{dots}/b", DOTS, PATH, id=dots) for dots in ("%2e", "%2E", "%2e%2e", ".%2E")),
        pytest.param("https://dev/%2e.", DOTS, PATH, id="escaped-dots-last"),
    ],
)
def test_what_is_not_a_deployments_url_is_refused(text: str, message: str, fault: URLFault) -> None:
    """The error says what is wrong with it, and leaves no other behind it."""
    with pytest.raises(InvalidURLError) as caught:
        DeploymentURL.parse(text)
    assert (caught.value.message, caught.value.fault) == (message, fault)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize("text", ["https://[::1]evil.example", "https://evil.example[::1]", "https://[::1]x:443"])
def test_what_stands_beside_brackets_is_refused(text: str) -> None:
    """Where it is left out, the URL that a person reads names another host than the one that gets the token."""
    with pytest.raises(InvalidURLError):
        DeploymentURL.parse(text)


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("bücher.example", id="umlaut"),
        pytest.param("\u212aube.example", id="kelvin-sign"),
        pytest.param("\uff44ev.example.com", id="fullwidth-letter"),
        pytest.param("dev\u3002example.com", id="ideographic-full-stop"),
        pytest.param("dev\u2024example.com", id="one-dot-leader"),
        pytest.param("de\u00advexample.com", id="soft-hyphen"),
        pytest.param("dev\u200b.example.com", id="zero-width-space"),
        pytest.param("dev\u202e.example.com", id="bidirectional-override"),
        pytest.param("faß.example", id="sharp-s"),
        pytest.param("\u0131stanbul.example", id="dotless-i"),
        pytest.param("d\u0435v.example.com", id="cyrillic-e"),
    ],
)
@pytest.mark.parametrize("form", ["https://{}", "{}", "https://{}:8443/path"], ids=["scheme", "bare", "port-and-path"])
def test_a_host_that_is_not_ascii_is_refused(host: str, form: str) -> None:
    """However it is written; the error does not repeat it."""
    with pytest.raises(InvalidURLError) as caught:
        DeploymentURL.parse(form.format(host))
    assert caught.value.message == "the URL's host is not ASCII"
    assert caught.value.fault is URLFault.NOT_ASCII


@pytest.mark.parametrize("sign", ["\u2100", "\uff0f", "\uff03", "\uff1f", "\uff20", "\uff1a"])
def test_a_host_that_normalises_to_another_is_refused(sign: str) -> None:
    """Signs of which NFKC makes a slash, a question mark, a number sign, an at sign or a colon."""
    with pytest.raises(InvalidURLError):
        DeploymentURL.parse(f"https://evil.example{sign}.dev.example.com")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("https://anna:hunter2@dev.example.com", id="password"),
        pytest.param("https://hunter2@dev.example.com", id="user-name"),
        pytest.param("https://@dev.example.com", id="empty"),
        pytest.param("anna:hunter2@dev.example.com", id="no-scheme"),
        pytest.param("ftp://anna:hunter2@dev.example.com", id="another-scheme"),
        pytest.param("https:anna:hunter2@dev.example.com", id="no-slashes"),
        pytest.param("https:/anna:hunter2@dev.example.com", id="one-slash"),
        pytest.param("https://anna:1/hunter2@dev.example.com/..", id="slash-in-the-password"),
        pytest.param("https://anna:12?hunter2@dev.example.com", id="question-mark-in-the-password"),
        pytest.param("https://anna:12#hunter2@dev.example.com", id="number-sign-in-the-password"),
        pytest.param("https://anna:hunter2/x@dev.example.com", id="password-for-a-port"),
        pytest.param("https://anna:hunter2[@dev.example.com", id="bracket-in-the-password"),
        pytest.param("https://anna:hunter2\\@dev.example.com", id="backslash-in-the-password"),
        pytest.param("https://anna:hunter2 @dev.example.com", id="space-in-the-password"),
        pytest.param("anna:hunter2@dev.example.com/x://y", id="scheme-in-the-path"),
        pytest.param("https://anna:hunter2@d\u00e9v.example.com", id="host-not-ascii"),
        pytest.param("https://anna:hunter2\uff20dev.example.com", id="fullwidth-at"),
    ],
)
def test_a_password_is_refused_and_never_shown(text: str) -> None:
    """Not in the message, nor in an exception that came before."""
    with pytest.raises(InvalidURLError) as caught:
        DeploymentURL.parse(text)
    assert "hunter2" not in f"{caught.value} {caught.value!r} {caught.value.args}"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("hunter2!", id="bare-word"),
        pytest.param("hunter2\u00fc", id="bare-word-not-ascii"),
        pytest.param("hunter2://dev", id="scheme"),
        pytest.param("ftp://dev/hunter2", id="path-of-another-scheme"),
        pytest.param("https:hunter2", id="after-the-scheme"),
        pytest.param("https://dev?token=hunter2", id="query"),
        pytest.param("https://dev/#hunter2", id="fragment"),
        pytest.param("https://dev/../hunter2", id="path"),
        pytest.param("https://[hunter2]", id="brackets"),
        pytest.param("https://[v1.hunter2]", id="future-address"),
        pytest.param(f"https://hunter2{'x' * 64}", id="too-long"),
        pytest.param("https://hunter2.1", id="number-last"),
        pytest.param("https://dev:hunter2", id="port"),
    ],
)
def test_no_part_of_a_refused_url_is_repeated(text: str) -> None:
    """What was typed in its place can be a password."""
    with pytest.raises(InvalidURLError) as caught:
        DeploymentURL.parse(text)
    assert "hunter2" not in f"{caught.value} {caught.value!r} {vars(caught.value)}"


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        pytest.param("https://dev.example.com/login?redirect=%2F", "https://dev.example.com", id="query"),
        pytest.param("dev.example.com:8443/x#top", "https://dev.example.com:8443", id="fragment"),
        pytest.param("https://anna:12?hunter2@dev.example.com", "None", id="password"),
        pytest.param("https://dev!?x", "None", id="no-host"),
    ],
)
def test_a_url_with_a_query_has_an_origin(text: str, origin: str) -> None:
    """Which a hint can name, unless a password can be a part of it."""
    with pytest.raises(InvalidURLError) as caught:
        DeploymentURL.parse(text)
    assert (caught.value.fault, str(caught.value.origin)) == (QUERY, origin)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://dev.example.com", "dev.example.com"),
        ("https://DEV.example.com:443/path", "dev.example.com"),
        ("https://dev.example.com:8443", "dev.example.com:8443"),
        ("http://dev.example.com:443", "dev.example.com:443"),
        ("https://[::1]:3000", "[::1]:3000"),
        ("https://[::1]:443", "[::1]"),
    ],
)
def test_the_key_is_the_host_and_a_port_that_is_not_the_default(url: str, key: str) -> None:
    """What an entry in the keyring is found by."""
    assert DeploymentURL.parse(url).origin.key == key


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://localhost", True),
        ("http://127.0.0.1", True),
        ("http://127.255.255.254:3000", True),
        ("http://[::1]", True),
        ("http://[0:0:0:0:0:0:0:1]", True),
        ("http://localhost.example.com", False),
        ("http://127.example.com", False),
        ("http://128.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://[::2]", False),
        ("http://[::ffff:127.0.0.1]", True),
        ("http://[::ffff:7fff:1]", True),
        ("http://[::ffff:10.0.0.1]", False),
        ("http://[::127.0.0.1]", False),
        ("http://localhost.", False),
    ],
)
def test_loopback_is_this_machine_by_name(url: str, expected: bool) -> None:
    """localhost, 127.0.0.0/8, also within an IPv6 address, and [::1]."""
    assert DeploymentURL.parse(url).origin.is_loopback is expected


@pytest.mark.parametrize(
    ("key", "scheme", "expected"),
    [
        pytest.param("dev.example.com", "https", Origin("https", "dev.example.com", 443), id="host"),
        pytest.param("dev.example.com", "http", Origin("http", "dev.example.com", 80), id="host-for-http"),
        pytest.param(" DEV.example.com:443 ", "https", Origin("https", "dev.example.com", 443), id="spelling"),
        pytest.param("dev.example.com:443", "http", Origin("http", "dev.example.com", 443), id="port-for-http"),
        pytest.param("[::1]:3000", "http", Origin("http", "[::1]", 3000), id="ipv6"),
        pytest.param("::1", "https", None, id="ipv6-without-brackets"),
        pytest.param("", "https", None, id="empty"),
        pytest.param("dev.example.com/", "https", None, id="slash"),
        pytest.param("dev.example.com/path", "https", None, id="path"),
        pytest.param("https://dev.example.com", "https", None, id="url"),
        pytest.param("anna@dev.example.com", "https", None, id="user-name"),
        pytest.param("\u212aube", "https", None, id="kelvin-sign"),
        pytest.param("a b", "https", None, id="space"),
        pytest.param("dev?", "https", None, id="query"),
        pytest.param("\ud800", "https", None, id="lone-surrogate"),
    ],
)
def test_a_key_is_host_and_port(key: str, scheme: str, expected: Origin | None) -> None:
    """Whatever else someone wrote as a key is not a deployment's."""
    assert parse_key(key, scheme) == expected


def test_an_ipv4_address_within_ipv6_has_one_form() -> None:
    """Also where Python writes it with dots, as from 3.13 on: else a key would depend on its version."""

    class Dotted(ipaddress.IPv6Address):
        @property
        def compressed(self) -> str:
            return "::ffff:127.0.0.1"

    assert compress_ipv6(Dotted("::ffff:127.0.0.1")) == "::ffff:7f00:1"


@pytest.mark.parametrize(
    ("url", "path", "joined"),
    [
        ("https://dev.example.com", "cli-auth", "https://dev.example.com/cli-auth"),
        ("https://dev.example.com/coder/", "/cli-auth", "https://dev.example.com/coder/cli-auth"),
    ],
)
def test_a_page_lies_below_the_base_path(url: str, path: str, joined: str) -> None:
    """Of the deployment, not of the host."""
    assert DeploymentURL.parse(url).join(path) == joined
