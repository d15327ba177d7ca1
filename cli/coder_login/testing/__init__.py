"""The suites that a keyring and a session store must pass, for the author of one; they need pytest.

>>> class TestMyKeyring(KeyringContract):
...     @pytest.fixture
...     def keyring(self) -> KeyringProvider:
...         return MyKeyring()
"""

from coder_login.testing.keyring import KeyringContract
from coder_login.testing.session_store import SessionStoreContract

__all__ = ["KeyringContract", "SessionStoreContract"]
