"""The enums: what a credential is for, how long it lives, what Windows says of it; imported when they are asked for.

`enum` takes longer to import than all the rest of this package, and a program that reads a credential needs none of it.
"""

from enum import IntEnum, IntFlag


class CredentialType(IntEnum):
    """What a credential is for; with the target name it is the credential's key (CRED_TYPE_*)."""

    GENERIC = 1
    DOMAIN_PASSWORD = 2
    DOMAIN_CERTIFICATE = 3
    DOMAIN_VISIBLE_PASSWORD = 4
    GENERIC_CERTIFICATE = 5
    DOMAIN_EXTENDED = 6


class Persist(IntEnum):
    """How long a credential lives (CRED_PERSIST_*)."""

    NONE = 0
    """The answer of :func:`wincred.max_persist` for a type that can't be stored; no credential has it."""
    SESSION = 1
    """Until this logon session ends."""
    LOCAL_MACHINE = 2
    """Across this user's logon sessions on this computer."""
    ENTERPRISE = 3
    """Like LOCAL_MACHINE, and it may roam with the user's profile to other computers."""


class CredentialFlags(IntFlag):
    """What Windows says of a credential that was read (CRED_FLAGS_*); bits without a name here stay in the value."""

    NONE = 0
    PROMPT_NOW = 0x2
    """The blob is not kept beyond the logon session, and was not written in this one."""
    USERNAME_TARGET = 0x4
    """The target name is the user name: a domain credential of that user, for any server."""


for _public in (CredentialType, Persist, CredentialFlags):
    _public.__module__ = "wincred"  # see wincred/__init__.py

TYPES = {int(known): known for known in CredentialType}
PERSISTS = {int(known): known for known in Persist}
