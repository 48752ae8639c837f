"""Where the refresh token lies between two runs: the system's keyring, or nowhere. Calls run off the asyncio thread.

Only key stores that encrypt are used. Where there is none the token is kept in memory for this run, `is_kept` says so,
and the window tells the person.
"""

from __future__ import annotations

import asyncio
import logging

import keyring
import keyring.backends.chainer
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
from keyring.backend import KeyringBackend

SERVICE = "gshop-studio"
_TRUSTED = ("keyring.backends.SecretService", "keyring.backends.kwallet", "keyring.backends.libsecret",
            "keyring.backends.macOS", "keyring.backends.Windows")  # fmt: skip
_log = logging.getLogger(__name__)


def find_keyring() -> KeyringBackend | None:
    """The system's key store, or None where there is none that encrypts. Blocks; may ask the system bus."""
    backend = keyring.get_keyring()
    candidates = list(backend.backends) if isinstance(backend, keyring.backends.chainer.ChainerBackend) else [backend]
    for candidate in candidates:
        if type(candidate).__module__.startswith(_TRUSTED):
            return candidate
    return None


class Credentials:
    """Refresh tokens, one a server's address.

    Args:
        backend: the key store, or None to keep tokens in memory only.
    """

    def __init__(self, backend: KeyringBackend | None) -> None:
        self._backend = backend
        self._memory: dict[str, str] = {}

    @property
    def is_kept(self) -> bool:
        """Whether what is saved outlives this run."""
        return self._backend is not None

    async def load(self, url: str) -> str | None:
        """The token kept for a server."""
        if url in self._memory or self._backend is None:
            return self._memory.get(url)
        try:
            return await asyncio.to_thread(self._backend.get_password, SERVICE, url)
        except keyring.errors.KeyringError as error:
            self._give_up(error)
            return None

    async def save(self, url: str, token: str) -> None:
        """Keep a token in place of the one before."""
        if self._backend is not None:
            try:
                await asyncio.to_thread(self._backend.set_password, SERVICE, url, token)
                self._memory.pop(url, None)
                return
            except keyring.errors.KeyringError as error:
                self._give_up(error)
        self._memory[url] = token

    async def forget(self, url: str) -> None:
        """Drop the token of a server; none kept is fine."""
        self._memory.pop(url, None)
        if self._backend is not None:
            try:
                await asyncio.to_thread(self._backend.delete_password, SERVICE, url)
            except keyring.errors.PasswordDeleteError:
                return
            except keyring.errors.KeyringError as error:
                self._give_up(error)

    def _give_up(self, error: keyring.errors.KeyringError) -> None:
        """A locked or broken key store: from here on memory only, and said so by `is_kept`."""
        _log.warning("the key store does not work, tokens are kept in memory: %s", type(error).__name__)
        self._backend = None
