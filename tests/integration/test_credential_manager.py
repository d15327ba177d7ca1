"""The binding on the real Credential Manager: every field, limit and answer that a fake can't vouch for.

Wine is not Windows; where it is known to differ, a test says so and asserts what it does there.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from which_windows import is_wine

import wincred
from wincred import CredentialType, Persist, _dll

pytestmark = pytest.mark.credential_manager


def test_every_field_comes_back(target_name: str) -> None:
    """What was written is read; Wine drops the attributes."""
    attributes = {"colour": b"blue\0", "empty": b""}
    before = datetime.now(UTC)
    wincred.write(
        target_name,
        b"s\0cret\xff",
        user_name="anna",
        comment="made by a test",
        attributes=attributes,
        persist=Persist.LOCAL_MACHINE,
    )
    credential = wincred.read(target_name)
    assert credential == wincred.Credential(
        target_name=target_name,
        type=CredentialType.GENERIC,
        blob=b"s\0cret\xff",
        user_name="anna",
        comment="made by a test",
        attributes=wincred.Attributes({} if is_wine() else attributes),
        persist=Persist.LOCAL_MACHINE,
        last_written=credential.last_written,
    )
    assert abs(credential.last_written - before) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "persist", [Persist.SESSION, Persist.LOCAL_MACHINE, Persist.ENTERPRISE], ids=lambda persist: persist.name.lower()
)
def test_each_persistence_is_kept(target_name: str, persist: Persist) -> None:
    """A credential lives as long as it was told to."""
    wincred.write(target_name, b"secret", persist=persist)
    assert wincred.read(target_name).persist is persist


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\0", id="nul"),
        pytest.param(bytes(range(256)) * 10, id="2560-of-every-byte"),
    ],
)
def test_a_blob_of_any_size_and_content_comes_back(target_name: str, blob: bytes) -> None:
    """From nothing to the limit."""
    wincred.write(target_name, blob)
    assert wincred.read(target_name).blob == blob


@pytest.mark.parametrize(
    "suffix",
    [
        pytest.param("-grüße", id="latin"),
        pytest.param("-日本語", id="cjk"),
        pytest.param("-\U0001f600", id="astral"),
        pytest.param("/a b:8443?c=d", id="punctuation"),
    ],
)
def test_text_of_any_script_comes_back(new_target_name: Callable[[str], str], suffix: str) -> None:
    """In the target name, the user name and the comment."""
    name = new_target_name(suffix)
    wincred.write(name, b"secret", user_name=f"anna{suffix}", comment=f"made{suffix}")
    credential = wincred.read(name)
    assert (credential.target_name, credential.user_name, credential.comment) == (
        name,
        f"anna{suffix}",
        f"made{suffix}",
    )


def test_the_longest_user_name_and_comment_come_back(target_name: str) -> None:
    """513 and 255 code units are within Windows' limits too, not only within ours."""
    user_name, comment = "\U0001f600" * 256 + "u", "\U0001f600" * 127 + "c"
    wincred.write(target_name, b"secret", user_name=user_name, comment=comment)
    credential = wincred.read(target_name)
    assert (credential.user_name, credential.comment) == (user_name, comment)


def test_the_most_and_the_largest_attributes_come_back(target_name: str) -> None:
    """64 attributes of 256 bytes, one under the longest keyword, are within Windows' limits; Wine drops them."""
    attributes = {"k" * 255: b"x" * 256} | {f"k{number}": bytes([number]) * 256 for number in range(63)}
    wincred.write(target_name, b"secret", attributes=attributes)
    assert wincred.read(target_name).attributes == ({} if is_wine() else attributes)


def test_a_write_replaces_the_old_credential(target_name: str) -> None:
    """Every field is new."""
    wincred.write(target_name, b"old", user_name="anna", comment="old", persist=Persist.LOCAL_MACHINE)
    wincred.write(target_name, b"new", user_name="bert", comment="new", persist=Persist.SESSION)
    credential = wincred.read(target_name)
    assert (credential.blob, credential.user_name, credential.comment, credential.persist) == (
        b"new",
        "bert",
        "new",
        Persist.SESSION,
    )


def test_a_write_without_labels_removes_the_old_ones(target_name: str) -> None:
    """Wine keeps them."""
    wincred.write(target_name, b"old", user_name="anna", comment="old")
    wincred.write(target_name, b"new")
    credential = wincred.read(target_name)
    assert credential.blob == b"new"
    assert (credential.user_name, credential.comment) == (("anna", "old") if is_wine() else (None, None))


def test_a_target_name_is_the_same_in_upper_and_lower_case(target_name: str) -> None:
    """There is one credential of it, and it is found, replaced and deleted under each spelling."""
    wincred.write(target_name, b"old")
    wincred.write(target_name.upper(), b"new")
    assert wincred.read(target_name).blob == b"new"
    wincred.delete(target_name.title())
    with pytest.raises(wincred.NotFoundError):
        wincred.read(target_name)


def test_a_deleted_credential_is_gone(target_name: str) -> None:
    """A read says so, and so does a second delete."""
    wincred.write(target_name, b"secret")
    wincred.delete(target_name)
    for function in (wincred.read, wincred.delete):
        with pytest.raises(wincred.NotFoundError) as caught:
            function(target_name)
        assert caught.value.winerror == 1168


def test_a_blob_is_kept_while_the_rest_is_replaced(target_name: str) -> None:
    """None as the blob means the stored one."""
    wincred.write(target_name, b"secret", comment="old", persist=Persist.SESSION)
    wincred.write(target_name, None, comment="new", persist=Persist.LOCAL_MACHINE)
    credential = wincred.read(target_name)
    assert (credential.blob, credential.comment, credential.persist) == (b"secret", "new", Persist.LOCAL_MACHINE)


def test_there_must_be_a_blob_to_keep(target_name: str) -> None:
    """Windows finds no credential to keep the blob of; Wine makes one with an empty blob."""
    if is_wine():
        wincred.write(target_name, None)
        assert wincred.read(target_name).blob == b""
    else:
        with pytest.raises(wincred.NotFoundError):
            wincred.write(target_name, None)


def test_enumerate_lists_what_starts_with_the_filter(target_name: str, new_target_name: Callable[[str], str]) -> None:
    """In upper or lower case, and nothing else; each with the fields that a read gives."""
    names = [new_target_name("/one"), new_target_name("/two")]
    for name in (target_name, *names):
        wincred.write(name, name.encode(), user_name="anna", comment="c")
    listed = wincred.enumerate(f"{target_name.upper()}/*")
    assert sorted(listed, key=lambda credential: credential.target_name) == [wincred.read(name) for name in names]


def test_enumerate_without_a_filter_lists_everything(target_name: str) -> None:
    """The test's own credential is among those of the user."""
    wincred.write(target_name, b"secret")
    assert [listed.blob for listed in wincred.enumerate() if listed.target_name == target_name] == [b"secret"]


def test_enumerate_of_nothing_is_an_empty_list(target_name: str) -> None:
    """Where Windows says "not found"."""
    assert wincred.enumerate(f"{target_name}*") == []


def test_a_domain_password_is_written_listed_without_its_blob_and_deleted(target_name: str) -> None:
    """It is a credential of its own beside a generic one of the same name."""
    wincred.write(target_name, b"generic")
    wincred.write(
        target_name,
        "pässword".encode("utf-16-le"),
        user_name="anna@example.com",
        comment="made by a test",
        type=CredentialType.DOMAIN_PASSWORD,
    )
    listed = {credential.type: credential for credential in wincred.enumerate(f"{target_name}*")}
    assert listed.keys() == {CredentialType.GENERIC, CredentialType.DOMAIN_PASSWORD}
    password = listed[CredentialType.DOMAIN_PASSWORD]
    assert (password.blob, password.user_name, password.comment) == (b"", "anna@example.com", "made by a test")
    assert wincred.read(target_name, type=CredentialType.DOMAIN_PASSWORD) == password
    wincred.delete(target_name, type=CredentialType.DOMAIN_PASSWORD)
    assert [credential.type for credential in wincred.enumerate(f"{target_name}*")] == [CredentialType.GENERIC]


def test_a_filter_without_an_asterisk_finds_exactly_that_name(
    target_name: str, new_target_name: Callable[[str], str]
) -> None:
    """In upper or lower case; as the fake has it."""
    for name in (target_name, new_target_name("x")):
        wincred.write(name, b"secret")
    assert [listed.target_name for listed in wincred.enumerate(target_name.upper())] == [target_name]


def test_a_listing_of_all_gives_names_that_can_be_read(target_name: str) -> None:
    """In another form; Wine knows no flag."""
    wincred.write(target_name, b"secret")
    if is_wine():
        with pytest.raises(wincred.InvalidCredentialError) as caught:
            wincred.enumerate(all=True)
        assert caught.value.winerror == 1004
    else:
        names = [each.target_name for each in wincred.enumerate(all=True) if each.target_name.endswith(target_name)]
        assert names == [f"LegacyGeneric:target={target_name}"]
        assert wincred.read(names[0]).blob == b"secret"


@pytest.mark.parametrize("function", [wincred.read, wincred.delete], ids=["read", "delete"])
def test_an_unknown_type_is_refused(target_name: str, function: Callable[..., object]) -> None:
    """By Windows, with the code that the fake has too."""
    with pytest.raises(wincred.InvalidCredentialError) as caught:
        function(target_name, type=99)
    assert caught.value.winerror == 87


def write_unchecked(target_name: str) -> bool:
    """Store a credential as another program would, which need not check what we check; whether Windows takes it."""
    dll, ffi = _dll.load_advapi32(), _dll.load_ffi()
    name = ffi.new("wchar_t[]", target_name)
    struct: Any = ffi.new("CREDENTIALW *")
    struct.Type, struct.Persist, struct.TargetName, struct.UserName = 1, 2, name, name
    return bool(dll.CredWriteW(struct, 0))


@pytest.mark.parametrize("suffix", ["-\ud800", "-\udc00x", "-\udc00\ud800"], ids=["high", "low", "wrong-order"])
def test_a_name_with_a_lone_surrogate_is_listed_read_and_deleted(
    new_target_name: Callable[[str], str], suffix: str
) -> None:
    """Where Windows takes one, as Wine does."""
    name = new_target_name(suffix)
    if not write_unchecked(name):
        assert not is_wine()
        return
    listed = wincred.enumerate(f"{name.removesuffix(suffix)}*")
    assert [(credential.target_name, credential.user_name) for credential in listed] == [(name, name)]
    assert wincred.read(name) == listed[0]
    wincred.delete(name)
    assert wincred.enumerate(f"{name}*") == []


def set_in_wines_store(target_name: str, value: str, content: bytes | int) -> None:
    """Change a credential where Wine keeps it, to what its API can't write."""
    if sys.platform == "win32":
        import winreg

        path = rf"Software\Wine\Credential Manager\Generic: {target_name}"
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path, access=winreg.KEY_SET_VALUE) as key:
            kind = winreg.REG_DWORD if isinstance(content, int) else winreg.REG_BINARY
            winreg.SetValueEx(key, value, 0, kind, content)


def test_a_time_that_python_can_not_hold_hides_nothing(target_name: str, new_target_name: Callable[[str], str]) -> None:
    """On Wine alone: Windows keeps its store where no program can write such a time."""
    if not is_wine():
        return
    names = [new_target_name(suffix) for suffix in ("/1", "/2", "/3")]
    for name in names:
        wincred.write(name, b"secret")
    set_in_wines_store(names[1], "LastWritten", (2**64 - 1).to_bytes(8, "little"))
    set_in_wines_store(names[2], "Flags", 0x8000_0002)
    listed = sorted(wincred.enumerate(f"{target_name}/*"), key=lambda credential: credential.target_name)
    assert [credential.target_name for credential in listed] == names
    assert listed[1].last_written == datetime.max.replace(tzinfo=UTC)
    assert (listed[2].flags, listed[0].flags) == (0x8000_0002, wincred.CredentialFlags.NONE)
    assert [wincred.read(name) for name in names] == listed


@pytest.mark.parametrize(
    "blob",
    [
        pytest.param(bytearray(b"secret"), id="bytearray"),
        pytest.param(memoryview(b"s.e.c.r.e.t.")[::2], id="every-other-byte"),
        pytest.param(array("H", b"secret"), id="array"),
    ],
)
def test_a_bytes_like_blob_comes_back(target_name: str, blob: bytearray | memoryview | array[int]) -> None:
    """As bytes."""
    wincred.write(target_name, blob)
    assert wincred.read(target_name).blob == b"secret"


def test_a_credential_can_be_stored_in_this_session() -> None:
    """The tests here run in a logon session that has a credential store."""
    assert wincred.max_persist() >= Persist.SESSION
