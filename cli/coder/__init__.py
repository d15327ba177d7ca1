"""The `coder` command, and its session store as a library.

>>> from coder.origin import DeploymentURL
>>> from coder.sessionstore import KeyringStore
>>> token = KeyringStore().read(DeploymentURL.parse("https://dev.example.com"))
"""
