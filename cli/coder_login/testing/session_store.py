"""What every session store promises, whatever it stands on."""

from __future__ import annotations

import pytest

from coder_login.deployment.session_token import InvalidTokenError
from coder_login.deployment.url import DeploymentURL, InvalidURLError
from coder_login.sessionstore import OriginMismatchError, SessionNotFoundError, SessionStore, StoreChangedError

HTTPS = DeploymentURL.parse("https://dev.example.com")
HTTP = DeploymentURL.parse("http://dev.example.com")
OTHER = DeploymentURL.parse("https://other.example.com:8443")
TOKEN = "0123456789-abcdefghijklmnopqrstuv"  # noqa: S105  # one that no deployment has issued
NEWER = "9876543210-vutsrqponmlkjihgfedcba"

BAD_TOKENS = [
    pytest.param("", id="empty"),
    pytest.param("with space", id="space"),
    pytest.param("line\nend", id="line-end"),
    pytest.param("nul\0", id="nul"),
    pytest.param("del\x7f", id="delete"),
    pytest.param("esc\x1b[31m", id="escape"),
    pytest.param("tökén", id="not-ascii"),
    pytest.param("\u202etoken", id="bidirectional"),
    pytest.param("x" * 257, id="too-long"),
]


class SessionStoreContract:
    """Inherit this, and give two fixtures: *store*, empty, and *again*, another store on the same place.

    What a test stores is yours to remove, whatever happens.
    """

    holds_many = True
    """Whether the store can keep the sessions of several deployments at a time."""

    def test_a_written_token_is_read(self, store: SessionStore, again: SessionStore) -> None:
        """By another store on the same place, too."""
        store.write(HTTPS, TOKEN)
        assert (store.read(HTTPS), again.read(HTTPS), again.has(HTTPS)) == (TOKEN, TOKEN, True)

    def test_an_empty_store_holds_nothing(self, store: SessionStore) -> None:
        """No deployment, and a read says which session there is none for."""
        with pytest.raises(SessionNotFoundError) as caught:
            store.read(HTTPS)
        assert "no session for https://dev.example.com" in caught.value.message
        assert (store.deployments(), store.has(HTTPS)) == ([], False)

    def test_deleting_from_an_empty_store_says_so(self, store: SessionStore) -> None:
        """As SessionNotFoundError: there was nothing to forget."""
        with pytest.raises(SessionNotFoundError):
            store.delete(HTTPS)

    def test_a_write_takes_the_place_of_the_older_token(self, store: SessionStore, again: SessionStore) -> None:
        """One session for each origin."""
        store.write(HTTPS, TOKEN)
        store.write(HTTPS, NEWER)
        assert (again.read(HTTPS), again.deployments()) == (NEWER, [HTTPS])

    def test_a_deleted_token_is_gone(self, store: SessionStore, again: SessionStore) -> None:
        """For every store on the same place, and a second delete says that there is none."""
        store.write(HTTPS, TOKEN)
        store.delete(HTTPS)
        with pytest.raises(SessionNotFoundError):
            again.read(HTTPS)
        with pytest.raises(SessionNotFoundError):
            again.delete(HTTPS)
        assert (again.deployments(), again.has(HTTPS)) == ([], False)

    def test_only_the_named_token_is_deleted(self, store: SessionStore, again: SessionStore) -> None:
        """Another one, which was stored meanwhile, is left alone, and the error says so."""
        store.write(HTTPS, NEWER)
        with pytest.raises(StoreChangedError):
            again.delete(HTTPS, TOKEN)
        assert store.read(HTTPS) == NEWER

    def test_a_deleted_token_can_be_written_again(self, store: SessionStore, again: SessionStore) -> None:
        """Nothing of the deleted session comes back with it."""
        store.write(HTTPS, TOKEN)
        store.delete(HTTPS)
        store.write(HTTPS, NEWER)
        assert again.read(HTTPS) == NEWER

    @pytest.mark.parametrize(
        ("stored", "asked"),
        [pytest.param(HTTPS, HTTP, id="https-for-http"), pytest.param(HTTP, HTTPS, id="http-for-https")],
    )
    @pytest.mark.parametrize("operation", ["read", "delete"])
    def test_another_scheme_is_another_deployment(
        self, store: SessionStore, again: SessionStore, stored: DeploymentURL, asked: DeploymentURL, operation: str
    ) -> None:
        """A token issued for one is neither read nor deleted for the other; the error names both."""
        store.write(stored, TOKEN)
        with pytest.raises(OriginMismatchError) as caught:
            getattr(store, operation)(asked)
        assert caught.value.message == f"the stored session is for {stored}, not for {asked}"
        assert (again.read(stored), again.has(asked)) == (TOKEN, False)

    def test_another_port_is_another_deployment(self, store: SessionStore, again: SessionStore) -> None:
        """A token is not read for another port of its host."""
        store.write(OTHER, TOKEN)
        for url in ("https://other.example.com", "https://other.example.com:8444"):
            with pytest.raises((SessionNotFoundError, OriginMismatchError)):
                store.read(DeploymentURL.parse(url))
        assert again.read(OTHER) == TOKEN

    def test_another_schemes_session_is_not_replaced_unasked(self, store: SessionStore, again: SessionStore) -> None:
        """Neither by a write, of either form, nor, as a promise, by its check; the stored one stays."""
        store.write(HTTP, TOKEN)
        with pytest.raises(OriginMismatchError):
            store.write(HTTPS, NEWER)
        with pytest.raises(OriginMismatchError), store.replacing(HTTPS, NEWER):
            pass
        with pytest.raises(OriginMismatchError):
            store.check(HTTPS)
        assert again.read(HTTP) == TOKEN

    def test_another_schemes_session_is_replaced_when_asked(self, store: SessionStore, again: SessionStore) -> None:
        """The host then has the new session alone."""
        store.write(HTTP, TOKEN)
        store.check(HTTPS, replace=True)
        store.write(HTTPS, NEWER, replace=True)
        assert again.read(HTTPS) == NEWER
        assert again.deployments() == [HTTPS]
        with pytest.raises(OriginMismatchError):
            again.read(HTTP)

    def test_the_base_path_does_not_tell_deployments_apart(self, store: SessionStore, again: SessionStore) -> None:
        """A token belongs to an origin: the same one with a path finds it."""
        store.write(DeploymentURL.parse("https://dev.example.com/coder/"), TOKEN)
        assert again.read(HTTPS) == TOKEN

    @pytest.mark.parametrize(
        "url",
        ["https://DEV.example.com", "https://dev.example.com:443", "https://dev.example.com/", "dev.example.com"],
        ids=["upper-case", "default-port", "slash", "no-scheme"],
    )
    def test_spellings_of_one_origin_are_one(self, store: SessionStore, again: SessionStore, url: str) -> None:
        """What is written under one spelling is read, renewed and deleted under another."""
        store.write(DeploymentURL.parse(url), TOKEN)
        assert (again.read(HTTPS), again.deployments()) == (TOKEN, [HTTPS])
        store.write(HTTPS, NEWER)
        assert (again.read(url), again.has(url), again.deployments()) == (NEWER, True, [HTTPS])
        store.delete(url)
        assert again.deployments() == []

    @pytest.mark.parametrize("token", BAD_TOKENS)
    def test_what_is_no_token_is_not_stored(self, store: SessionStore, again: SessionStore, token: str) -> None:
        """And the error does not repeat it."""
        store.write(HTTPS, TOKEN)
        with pytest.raises(InvalidTokenError) as caught:
            store.write(HTTPS, token)
        assert not token or token not in str(caught.value)
        assert again.read(HTTPS) == TOKEN

    @pytest.mark.parametrize("length", [0, 257])
    def test_check_refuses_a_length_that_no_token_has(self, store: SessionStore, length: int) -> None:
        """As a write of that many characters would."""
        with pytest.raises(InvalidTokenError):
            store.check(HTTPS, length)

    def test_the_longest_token_and_every_character_are_kept(self, store: SessionStore, again: SessionStore) -> None:
        """256 characters, of all that are printable ASCII without the space."""
        token = "".join(map(chr, range(0x21, 0x7F))).ljust(256, "x")
        store.check(HTTPS, len(token))
        store.write(HTTPS, token)
        assert again.read(HTTPS) == token

    def test_check_changes_nothing(self, store: SessionStore, again: SessionStore) -> None:
        """Neither an empty store nor one that holds the deployment's session."""
        store.check(HTTPS)
        assert store.deployments() == []
        store.write(HTTPS, TOKEN)
        store.check(HTTPS)
        assert again.read(HTTPS) == TOKEN

    def test_replacing_keeps_the_new_token(self, store: SessionStore, again: SessionStore) -> None:
        """When the body ends well."""
        with store.replacing(HTTPS, TOKEN):
            pass
        assert again.read(HTTPS) == TOKEN

    @pytest.mark.parametrize("error", [ValueError("body"), KeyboardInterrupt()], ids=["error", "interrupt"])
    @pytest.mark.parametrize("before", [None, TOKEN], ids=["nothing-before", "a-session-before"])
    def test_replacing_is_undone_when_the_body_raises(
        self, store: SessionStore, again: SessionStore, before: str | None, error: BaseException
    ) -> None:
        """The store is as it was, and the body's own exception comes out."""
        if before:
            store.write(HTTPS, before)
        with pytest.raises(type(error)) as caught, store.replacing(HTTPS, NEWER):
            raise error
        assert caught.value is error
        assert again.deployments() == ([HTTPS] if before else [])
        assert not before or again.read(HTTPS) == before

    def test_replacing_another_scheme_is_undone_too(self, store: SessionStore, again: SessionStore) -> None:
        """What was to be replaced by name is back."""
        store.write(HTTP, TOKEN)
        with pytest.raises(ZeroDivisionError), store.replacing(HTTPS, NEWER, replace=True):
            raise ZeroDivisionError
        assert (again.read(HTTP), again.deployments()) == (TOKEN, [HTTP])

    def test_replacing_another_deployment_is_undone(self, store: SessionStore, again: SessionStore) -> None:
        """In a store of one deployment the other's session is back; in others it was never gone."""
        store.write(HTTPS, TOKEN)
        with pytest.raises(ZeroDivisionError), store.replacing(OTHER, NEWER):
            raise ZeroDivisionError
        assert (again.read(HTTPS), again.deployments()) == (TOKEN, [HTTPS])

    def test_many_deployments_live_side_by_side(self, store: SessionStore, again: SessionStore) -> None:
        """In the order in which they came, each with its own token; a store of one deployment holds the last."""
        urls = [DeploymentURL.parse(f"https://dev{number}.example.com") for number in range(5)]
        for number, url in enumerate(urls):
            store.write(url, f"token-{number}")
        kept = list(enumerate(urls)) if self.holds_many else [(4, urls[4])]
        assert again.deployments() == [url for _, url in kept]
        assert [again.read(url) for _, url in kept] == [f"token-{number}" for number, _ in kept]

    def test_deleting_one_deployment_keeps_the_others(self, store: SessionStore, again: SessionStore) -> None:
        """Their tokens and their order."""
        if not self.holds_many:
            store.write(HTTPS, TOKEN)
            with pytest.raises((SessionNotFoundError, OriginMismatchError)):
                store.delete(OTHER)
            assert again.read(HTTPS) == TOKEN
            return
        urls = [DeploymentURL.parse(f"https://dev{number}.example.com") for number in range(3)]
        for url in urls:
            store.write(url, TOKEN)
        store.delete(urls[1])
        assert again.deployments() == [urls[0], urls[2]]

    @pytest.mark.parametrize(
        "url", ["http://localhost:3000", "https://[::1]:8443", "https://10.0.0.1"], ids=["localhost", "ipv6", "ipv4"]
    )
    def test_hosts_of_every_form_are_kept(self, store: SessionStore, again: SessionStore, url: str) -> None:
        """The origin comes back as it went in."""
        parsed = DeploymentURL.parse(url)
        store.write(parsed, TOKEN)
        assert (again.read(parsed), again.deployments()) == (TOKEN, [parsed])

    def test_a_deployment_is_named_by_text_too(self, store: SessionStore, again: SessionStore) -> None:
        """In every method, as a person writes a URL."""
        store.check("dev.example.com")
        store.write("dev.example.com", TOKEN)
        assert again.read("https://dev.example.com/") == TOKEN
        with pytest.raises(ZeroDivisionError), store.replacing("dev.example.com", NEWER):
            raise ZeroDivisionError
        assert again.read("dev.example.com") == TOKEN
        store.delete("https://DEV.example.com")
        assert again.deployments() == []

    def test_what_is_listed_can_be_read(self, store: SessionStore) -> None:
        """The list names deployments as the other methods take them."""
        store.write("https://dev.example.com/base", TOKEN)
        assert [store.read(deployment) for deployment in store.deployments()] == [TOKEN]

    @pytest.mark.parametrize("operation", ["read", "delete", "check", "has"])
    def test_a_text_that_is_no_url_is_refused(self, store: SessionStore, operation: str) -> None:
        """As InvalidURLError."""
        with pytest.raises(InvalidURLError):
            getattr(store, operation)("ftp://dev.example.com")

    def test_the_place_is_named_for_a_person(self, store: SessionStore) -> None:
        """Some words, on one line."""
        assert store.place
        assert "\n" not in store.place
