"""The server's one secret on disk, and the keys derived from it, one for each purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SECRET_BYTES = 32


class SecretKey:
    """Derives a key for each purpose, so that no two of them share one."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    @classmethod
    def load_or_create(cls, path: Path) -> SecretKey:
        """The secret of a data directory; made at the first start, readable by its owner alone.

        Raises:
            OSError: it cannot be read or written.
            ValueError: the file is not a secret of ours.
        """
        if not path.exists():
            temporary = path.with_suffix(".new")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(secrets.token_bytes(_SECRET_BYTES)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        return cls.parse(path.read_text(), path.name)

    @classmethod
    def parse(cls, text: str, name: str) -> SecretKey:
        """The secret from its base64.

        Raises:
            ValueError: it is none; says what `name` is, not what it holds.
        """
        try:
            secret = base64.b64decode(text, validate=False)
        except ValueError:
            secret = b""
        if len(secret) != _SECRET_BYTES:
            raise ValueError(f"{name} is not a secret key: 32 bytes in base64 are needed")
        return cls(secret)

    def derive(self, purpose: str) -> bytes:
        """32 bytes for this purpose alone."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(self._secret)

    def fernet(self, purpose: str) -> Fernet:
        """Encryption for this purpose alone."""
        return Fernet(base64.urlsafe_b64encode(self.derive(purpose)))


def keyed_hash(key: bytes, text: str) -> str:
    """HMAC-SHA256 in hex: to look a secret up, or to sign it."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
