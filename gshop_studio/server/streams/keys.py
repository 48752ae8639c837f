"""Stream keys: random, kept encrypted to show them to the host, found again by a keyed hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.fernet import InvalidToken

from gshop_studio.server.secret_key import SecretKey, keyed_hash


@dataclass(frozen=True, slots=True)
class SealedKey:
    """What the database keeps of a key."""

    sealed: str
    hash: str
    key: str = field(repr=False)


class StreamKeys:
    def __init__(self, secret: SecretKey) -> None:
        self._fernet = secret.fernet("stream key")
        self._lookup_key = secret.derive("stream key lookup")

    def make(self) -> SealedKey:
        """A new key."""
        key = "sk_" + secrets.token_urlsafe(24)
        return SealedKey(sealed=self._fernet.encrypt(key.encode()).decode(), hash=self.hash(key), key=key)

    def open(self, sealed: str) -> str | None:
        """The key, or None where it was sealed under another secret."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            return None

    def hash(self, key: str) -> str:
        return keyed_hash(self._lookup_key, key)
