"""The service account by which push messages are sent: its file as Firebase gives it, and the access tokens it gets.

OAuth 2.0 for service accounts (RFC 7523): a JWT signed with the account's key is exchanged for a token of an hour.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE_S = 3600
_RENEW_BEFORE_S = 120.0


class NoToken(Exception):
    """The account is given none; says why, without a secret."""


@dataclass(frozen=True, slots=True, repr=False)
class ServiceAccount:
    project_id: str
    email: str
    private_key: str
    key_id: str | None
    token_url: str

    @classmethod
    def read(cls, path: Path) -> ServiceAccount:
        """Of a file.

        Raises:
            OSError: it cannot be read.
            ValueError: it is none of Firebase's.
        """
        try:
            found = json.loads(path.read_bytes())
            account = cls(
                str(found["project_id"]),
                str(found["client_email"]),
                str(found["private_key"]),
                str(found["private_key_id"]) if found.get("private_key_id") else None,
                str(found["token_uri"]),
            )
            load_pem_private_key(account.private_key.encode(), None)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError("not a service account") from error
        parts = urlsplit(account.token_url)
        is_private = parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1", "::1")
        if not is_private or not account.project_id.replace("-", "").isalnum():
            raise ValueError("not a service account")
        return account


class AccessTokens:
    """Asks for a token when there is none, once however many need it."""

    def __init__(
        self,
        account: ServiceAccount,
        transport: httpx.AsyncBaseTransport,
        *,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._account = account
        self._transport = transport
        self._now_s = now_s
        self._asking = asyncio.Lock()
        self._token = ""
        self._until_s = 0.0

    async def get(self) -> str:
        """A token that holds for a while.

        Raises:
            NoToken: it is not given.
            httpx.HTTPError, OSError: nobody answers.
        """
        async with self._asking:
            if self._now_s() >= self._until_s - _RENEW_BEFORE_S:
                await self._ask()
            return self._token

    def forget(self, token: str) -> None:
        """It is not taken any more."""
        if token == self._token:
            self._until_s = 0.0

    async def _ask(self) -> None:
        now_s = int(self._now_s())
        account = self._account
        claims = {"iss": account.email, "scope": SCOPE, "aud": account.token_url, "iat": now_s, "exp": now_s + _LIFE_S}
        headers = {"kid": account.key_id} if account.key_id else None
        assertion = jwt.encode(claims, account.private_key, algorithm="RS256", headers=headers)
        form = {"grant_type": _GRANT, "assertion": assertion}
        response = await self._transport.handle_async_request(httpx.Request("POST", account.token_url, data=form))
        try:
            body = await response.aread()
        finally:
            await response.aclose()
        if response.status_code != httpx.codes.OK:
            raise NoToken(f"status {response.status_code}")
        try:
            found = json.loads(body)
            self._token, life_s = str(found["access_token"]), float(found["expires_in"])
        except (ValueError, KeyError, TypeError) as error:
            raise NoToken("not the answer's form") from error
        self._until_s = self._now_s() + life_s
