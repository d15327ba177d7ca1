"""Connecting to a host that has several addresses: a dead one costs little. No Windows API is touched.

Our own seam, what the system says of a name, is patched; the addresses are sockets on loopback.
"""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, ClassVar

import pytest
from coder_login.deployment import dialer as dialer_module
from coder_login.deployment.deadline import Deadline
from coder_login.deployment.dialer import Address, Dialer
from coder_login.deployment.errors import Failure, RequestError
from deployment import Deployment
from loopback import bare_server, dead_listener
from patience import at_most

from cli import client

pytest_plugins = ["cli_fixtures"]

HOST = "dev.example.com"
Place = tuple[str, int]


def tell(monkeypatch: pytest.MonkeyPatch, *places: Place) -> None:
    """Let the system say that every host has these addresses."""
    found = [Address(socket.AF_INET, socket.SOCK_STREAM, 0, place) for place in places]
    monkeypatch.setattr(dialer_module, "_ask_system", lambda host, port: list(found))


@pytest.fixture
def dead() -> Iterator[Place]:
    """An address that never answers."""
    with dead_listener() as listener:
        yield listener.getsockname()


@pytest.fixture
def live() -> Iterator[Place]:
    """An address that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.fixture
def refusing() -> Place:
    """An address that refuses every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        place: Place = listener.getsockname()
    return place


def connect(dialer: Dialer, seconds: float = 30) -> Place:
    """Where a connection of *dialer* has led."""
    with dialer.connect(HOST, 443, Deadline(seconds)) as connection:
        place: Place = connection.getpeername()
    return place


def test_a_dead_address_delays_the_next_one_by_little(
    monkeypatch: pytest.MonkeyPatch, dead: Place, live: Place
) -> None:
    """Not by the whole time limit: a dead IPv6 before a working IPv4."""
    tell(monkeypatch, dead, live)
    with at_most(10):
        assert connect(Dialer()) == live


def test_several_dead_addresses(monkeypatch: pytest.MonkeyPatch, dead: Place, live: Place) -> None:
    """Each has its moment."""
    tell(monkeypatch, dead, dead, dead, live)
    with at_most(10):
        assert connect(Dialer()) == live


def test_an_address_that_refuses_costs_nothing(monkeypatch: pytest.MonkeyPatch, refusing: Place, live: Place) -> None:
    """The next one is tried at once, however long an address would be given alone."""
    monkeypatch.setattr(dialer_module, "_HEAD_START", 3600)
    tell(monkeypatch, refusing, live)
    with at_most(10):
        assert connect(Dialer()) == live


def test_an_address_of_a_family_that_is_missing(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """A machine without IPv6 can have names with IPv6 addresses."""
    strange = Address(12345, socket.SOCK_STREAM, 0, live)
    usual = Address(socket.AF_INET, socket.SOCK_STREAM, 0, live)
    monkeypatch.setattr(dialer_module, "_ask_system", lambda host, port: [strange, usual])
    assert connect(Dialer()) == live


class Immediate(socket.socket):
    """A socket whose connection is there at once, as one to this machine can be."""

    def connect_ex(self, address: Any) -> int:
        self.setblocking(True)
        self.connect(address)
        self.setblocking(False)
        return 0


def test_an_address_that_answers_at_once(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """Nothing is under way any more, and nothing has failed."""
    tell(monkeypatch, live)
    monkeypatch.setattr(socket, "socket", Immediate)
    assert connect(Dialer()) == live


class UnderWay(socket.socket):
    """A socket that calls a connection that has begun what Windows calls it."""

    def connect_ex(self, address: Any) -> int:
        super().connect_ex(address)
        return errno.EWOULDBLOCK


def test_an_address_that_answers_in_a_while_on_windows(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """It has not failed."""
    tell(monkeypatch, live)
    monkeypatch.setattr(socket, "socket", UnderWay)
    assert connect(Dialer()) == live


def watch_waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each wait may be; infinity for one that only the deadline ends."""
    waits: list[float] = []
    real = Deadline.compute_slice

    def note(deadline: Deadline, longest: float = float("inf")) -> float:
        waits.append(longest)
        return real(deadline, longest)

    monkeypatch.setattr(Deadline, "compute_slice", note)
    return waits


def test_an_address_has_a_quarter_of_a_second_alone(monkeypatch: pytest.MonkeyPatch, dead: Place, live: Place) -> None:
    """Then the next one is tried, too; RFC 8305 section 8."""
    tell(monkeypatch, dead, live)
    waits = watch_waits(monkeypatch)
    connect(Dialer())
    assert max(longest for longest in waits if longest != float("inf")) <= 0.25


def test_the_wait_for_the_last_address_does_not_spin(monkeypatch: pytest.MonkeyPatch, dead: Place) -> None:
    """It is cut into slices of a fifth of a second, and no shorter ones."""
    monkeypatch.setattr(dialer_module, "_HEAD_START", 0.01)
    tell(monkeypatch, dead)
    waits = watch_waits(monkeypatch)
    with pytest.raises(TimeoutError):
        connect(Dialer(), 0.7)
    assert len(waits) < 20


def test_no_selector_is_left_open(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """Each has a descriptor on Linux."""
    made: list[selectors.DefaultSelector] = []

    class Selector(selectors.DefaultSelector):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    monkeypatch.setattr(selectors, "DefaultSelector", Selector)
    tell(monkeypatch, live)
    connect(Dialer())
    assert [selector.get_map() for selector in made] == [None]


class Refused(socket.socket):
    """A socket whose connection fails at once, as where there is no way to a network."""

    made: ClassVar[list[Refused]] = []

    def connect_ex(self, address: object) -> int:
        self.made.append(self)
        return errno.ENETUNREACH


def test_an_address_that_can_not_be_reached(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """The error is told, and the socket closed."""
    tell(monkeypatch, live)
    monkeypatch.setattr(socket, "socket", Refused)
    monkeypatch.setattr(Refused, "made", [])
    with pytest.raises(OSError) as caught:
        connect(Dialer())
    assert caught.value.errno == errno.ENETUNREACH
    assert [attempt.fileno() for attempt in Refused.made] == [-1]


def test_only_families_that_are_missing(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """The error is the system's own: it says why."""
    strange = Address(12345, socket.SOCK_STREAM, 0, live)
    monkeypatch.setattr(dialer_module, "_ask_system", lambda host, port: [strange])
    with pytest.raises(OSError) as caught:
        connect(Dialer())
    assert caught.value.errno is not None
    assert "the host has no address" not in str(caught.value)


def test_the_next_address_is_given_its_turn_in_time(monkeypatch: pytest.MonkeyPatch, dead: Place, live: Place) -> None:
    """Not at once, which would open connections to no end; RFC 8305 asks for 100 ms at least."""
    starts, real = [], dialer_module._Race._start

    def start(race: dialer_module._Race, address: Address) -> None:
        starts.append(time.monotonic())
        real(race, address)

    monkeypatch.setattr(dialer_module._Race, "_start", start)
    tell(monkeypatch, dead, dead, live)
    with at_most(10):
        connect(Dialer())
    assert [later - earlier >= 0.1 for earlier, later in pairwise(starts)] == [True, True]


def test_a_name_that_is_looked_up_keeps_no_process_alive(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """The system may take a minute for it, and nothing can interrupt that."""
    threads = []

    def ask(host: str, port: int) -> list[Address]:
        threads.append(threading.current_thread())
        return [Address(socket.AF_INET, socket.SOCK_STREAM, 0, live)]

    monkeypatch.setattr(dialer_module, "_ask_system", ask)
    connect(Dialer())
    assert [thread.daemon for thread in threads] == [True]


def test_the_last_address_has_all_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch, dead: Place) -> None:
    """A slow host is not given up early; and not late."""
    tell(monkeypatch, dead, dead)
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        Dialer().connect(HOST, 443, Deadline(1.5))
    assert 1.4 < time.monotonic() - start < 10


def test_a_slow_address_can_still_win(monkeypatch: pytest.MonkeyPatch, dead: Place) -> None:
    """Its attempt goes on while the others are tried."""
    with dead_listener() as slow:
        tell(monkeypatch, slow.getsockname(), dead)
        timer = threading.Timer(0.6, take_all, [slow])
        timer.start()
        with at_most(20):
            assert connect(Dialer()) == slow.getsockname()
    timer.join(20)


def take_all(listener: socket.socket) -> None:
    """Take the connections that wait for it, and those to come."""
    listener.settimeout(10)
    with contextlib.suppress(OSError):
        while True:
            listener.accept()[0].close()


def test_all_addresses_refuse(monkeypatch: pytest.MonkeyPatch, refusing: Place) -> None:
    """That is a refusal, with the system's words for it."""
    tell(monkeypatch, refusing, refusing)
    with pytest.raises(ConnectionRefusedError) as caught:
        Dialer().connect(HOST, 443, Deadline(30))
    assert "refused" in (caught.value.strerror or "").lower()


class Spent(Deadline):
    """Time that is over once the host's name is known."""

    def __init__(self) -> None:
        super().__init__(30)
        self._slices = 1

    def compute_slice(self, longest: float = 1) -> float:
        self._slices -= 1
        if self._slices < 0:
            raise TimeoutError
        return super().compute_slice(longest)


def test_no_attempt_is_made_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """Not even one that would fail at once, and be the error."""
    tell(monkeypatch, live)
    monkeypatch.setattr(socket, "socket", Refused)
    monkeypatch.setattr(Refused, "made", [])
    with pytest.raises(TimeoutError):
        Dialer().connect(HOST, 443, Spent())
    assert Refused.made == []


def test_a_host_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an error, and not a wait."""
    tell(monkeypatch)
    with pytest.raises(OSError, match="the host has no address"):
        Dialer().connect(HOST, 443, Deadline(30))


def test_the_address_that_answered_comes_first(monkeypatch: pytest.MonkeyPatch, dead: Place, live: Place) -> None:
    """Within one run a dead address costs its delay once."""
    monkeypatch.setattr(dialer_module, "_HEAD_START", 0.25)
    tell(monkeypatch, dead, live)
    dialer = Dialer()
    connect(dialer)
    monkeypatch.setattr(dialer_module, "_HEAD_START", 60.0)
    with at_most(10):
        assert connect(dialer) == live


def test_an_address_that_has_died_since_is_not_clung_to(monkeypatch: pytest.MonkeyPatch, live: Place) -> None:
    """What answered first may be gone at the next request."""
    dialer = Dialer()
    with socket.create_server(("127.0.0.1", 0)) as first:
        tell(monkeypatch, first.getsockname(), live)
        assert connect(dialer) == first.getsockname()
    assert connect(dialer) == live


def test_no_attempt_is_left_open(monkeypatch: pytest.MonkeyPatch, dead: Place, live: Place) -> None:
    """Neither by a winner nor at the end of the time; an unclosed socket is a warning, and a warning fails a test."""
    tell(monkeypatch, dead, dead, live)
    connect(Dialer())
    tell(monkeypatch, dead, dead)
    with contextlib.suppress(TimeoutError):
        Dialer().connect(HOST, 443, Deadline(0.6))


def test_the_name_that_the_resolver_refuses() -> None:
    """Python's own refusal of a name is that the name is not found."""
    with pytest.raises(socket.gaierror):
        Dialer().connect("a" * 64 + ".example.com", 443, Deadline(30))


def test_a_deployment_with_a_dead_first_address(
    monkeypatch: pytest.MonkeyPatch, deployment: Deployment, dead: Place
) -> None:
    """Its requests are answered, each of them soon."""
    host, _, port = deployment.url.removeprefix("http://").partition(":")
    tell(monkeypatch, dead, (host, int(port)))
    api, token = client(deployment.url, timeout=60), deployment.issue_token()
    with at_most(10):
        api.check_deployment()
        api.identify(token)
        api.logout(token)


def test_a_proxy_with_a_dead_first_address(monkeypatch: pytest.MonkeyPatch, dead: Place) -> None:
    """The addresses of a proxy are no different."""
    with bare_server(lambda connection: connection.sendall(b"HTTP/1.1 403 No\r\n\r\n")) as server:
        host, _, port = server.partition(":")
        tell(monkeypatch, dead, (host, int(port)))
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(RequestError) as caught, at_most(10):
            client(f"https://{HOST}", timeout=60).check_deployment()
    assert caught.value.failure is Failure.PROXY
