"""NO_PROXY, case for case as Go's httpproxy reads it. Pure: no network, and no Windows API is touched."""

from __future__ import annotations

import pytest
from coder_login.deployment.no_proxy import is_excluded
from coder_login.deployment.url import DeploymentURL

LIST = (
    "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, "
    "2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64"
)


def excludes(no_proxy: str, host: str, scheme: str = "http") -> bool:
    return is_excluded(DeploymentURL.parse(f"{scheme}://{host}").origin, no_proxy)


@pytest.mark.parametrize(
    ("host", "excluded"),
    [
        ("192.168.1.1", True),
        ("192.168.1.2", False),
        ("192.168.1.3", True),
        ("192.168.1.4", False),
        ("10.0.0.2", True),
        ("10.0.0.4", False),
        ("[2001:db8::52:0:1]", True),
        ("[2001:db8::52:0:2]", False),
        ("[2001:db8::52:0:3]", True),
        ("[2002:db8:a::123]", True),
        ("[2002:db8:a:1::1]", False),
        ("barbaz.net", False),
        ("www.barbaz.net", True),
        ("foobar.com", True),
        ("www.foobar.com", True),
        ("FooBar.COM", True),
        ("foofoobar.com", False),
        ("baz.com", False),
        ("barbarbaz.net", False),
        ("wildcard.io", False),
        ("nested.wildcard.io", True),
        ("awildcard.io", False),
    ],
)
def test_the_list_of_gos_own_tests(host: str, excluded: bool) -> None:
    """Every kind of entry in one list."""
    assert excludes(LIST, host) is excluded


@pytest.mark.parametrize(
    ("no_proxy", "url", "excluded"),
    [
        pytest.param("", "dev.example.com", False, id="empty"),
        pytest.param(" , ,", "dev.example.com", False, id="blank-entries"),
        pytest.param("*", "dev.example.com", True, id="star"),
        pytest.param("a.example, * ,b.example", "dev.example.com", True, id="star-among-others"),
        pytest.param("*", "10.1.2.3", True, id="star-and-an-address"),
        pytest.param("*:80", "dev.example.com", False, id="star-with-a-port"),
        pytest.param("[]:80", "dev.example.com.", False, id="empty-brackets"),
        pytest.param("10.0.0.1", "dev.example.com", False, id="an-address-and-a-name"),
        pytest.param("example.com/8", "dev.example.com", False, id="the-network-of-a-name"),
        pytest.param("*example.com", "dev.example.com", False, id="star-without-a-dot"),
        pytest.param("dev.*", "dev.example.com", False, id="star-at-the-end"),
        pytest.param("\tEXAMPLE.com ", "dev.example.com", True, id="case-and-white-space"),
        pytest.param("example.com dev.example.com", "dev.example.com", False, id="white-space-is-no-comma"),
        pytest.param("example.com:80", "dev.example.com", True, id="port"),
        pytest.param("example.com:8080", "dev.example.com", False, id="another-port"),
        pytest.param("example.com:8080", "dev.example.com:8080", True, id="port-that-is-given"),
        pytest.param("example.com:", "dev.example.com", True, id="empty-port"),
        pytest.param(".example.com:80", "dev.example.com", True, id="suffix-and-port"),
        pytest.param("*.example.com:80", "dev.example.com", True, id="star-and-port"),
        pytest.param("*.example.com:80", "example.com", False, id="star-is-below"),
        pytest.param(":80", "dev.example.com", False, id="port-alone"),
        pytest.param("10.0.0.0/8", "10.200.3.4", True, id="cidr"),
        pytest.param("10.9.9.9/8", "10.200.3.4", True, id="cidr-with-host-bits"),
        pytest.param("10.0.0.0/8", "11.0.0.1", False, id="cidr-of-others"),
        pytest.param("::ffff:10.0.0.0/104", "10.200.3.4", True, id="mapped-cidr"),
        pytest.param("::ffff:10.0.0.0/104", "11.0.0.1", False, id="mapped-cidr-of-others"),
        pytest.param(":80", "dev.example.com.", False, id="port-alone-and-a-final-dot"),
        pytest.param("10.0.0.0/8", "10.example.com", False, id="cidr-and-a-name"),
        pytest.param("10.0.0.0/33", "10.0.0.1", False, id="cidr-too-long"),
        pytest.param("10.0.0.0/", "10.0.0.0", False, id="cidr-without-length"),
        pytest.param("10.0.0.0/\u0668", "10.0.0.1", False, id="cidr-in-other-digits"),
        pytest.param("10.0.0.0/+8", "10.0.0.1", False, id="cidr-with-a-sign"),
        pytest.param("10.0.0.0/255.0.0.0", "10.0.0.1", False, id="netmask"),
        pytest.param("10.0.0.0/8:80", "10.0.0.1", False, id="cidr-with-port"),
        pytest.param("0.0.0.0/0", "10.0.0.1", True, id="cidr-of-all"),
        pytest.param("::/0", "10.0.0.1", False, id="cidr-of-all-ipv6"),
        pytest.param("fd00::/8", "[fd12::1]", True, id="cidr-ipv6"),
        pytest.param("FD00::/8", "[fd12::1]", True, id="cidr-ipv6-upper-case"),
        pytest.param("::ffff:10.0.0.0/104", "10.1.2.3", True, id="cidr-of-mapped-addresses"),
        pytest.param("10.0.0.0/8", "[::ffff:10.1.2.3]", True, id="mapped-address"),
        pytest.param("::ffff:10.1.2.3", "10.1.2.3", True, id="mapped-entry"),
        pytest.param("10.1.2.3:80", "10.1.2.3", True, id="address-and-port"),
        pytest.param("10.1.2.3:443", "10.1.2.3", False, id="address-and-another-port"),
        pytest.param("10.1.2", "10.1.2.3", False, id="part-of-an-address"),
        pytest.param("2.3", "10.1.2.3", False, id="end-of-an-address"),
        pytest.param("010.1.2.3", "10.1.2.3", False, id="leading-zero"),
        pytest.param("2001:DB8:0::1", "[2001:db8::1]", True, id="ipv6-spelled-otherwise"),
        pytest.param("[2001:db8::1]", "[2001:db8::1]", False, id="brackets-without-port"),
        pytest.param("[2001:db8::1]:80", "[2001:db8::1]", True, id="brackets-and-port"),
        pytest.param("[10.1.2.3]:80", "10.1.2.3", True, id="brackets-around-ipv4"),
        pytest.param("fe80::1%eth0", "[fe80::1]", False, id="zone"),
        pytest.param("fe80::1%eth0/64", "[fe80::1]", False, id="cidr-with-a-zone"),
        pytest.param("fe80::1%eth0/0", "[2001:db8::1]", False, id="cidr-of-all-with-a-zone"),
        pytest.param("http://example.com", "dev.example.com", False, id="url"),
        pytest.param("dev.example.com.", "dev.example.com", False, id="final-dot"),
        pytest.param("示例.com", "www.xn--fsq092h.com", True, id="international"),
        pytest.param(".示例.com", "xn--fsq092h.com", False, id="international-below"),
        pytest.param("STRASSE.example,straße.example", "xn--strae-oqa.example", True, id="sharp-s"),
        pytest.param("straße.example", "strasse.example", False, id="sharp-s-is-no-ss"),
        pytest.param("localhost", "dev.example.com", False, id="localhost"),
    ],
)
def test_an_entry(no_proxy: str, url: str, excluded: bool) -> None:
    """Also what Go passes over, so that both programs go the same way."""
    assert excludes(no_proxy, url) is excluded


def test_the_default_port_is_that_of_the_scheme() -> None:
    """443 with https."""
    assert excludes("example.com:443", "example.com", "https")
    assert not excludes("example.com:80", "example.com", "https")
