"""Tokens: short access tokens (JWT) that say who one is, and opaque refresh tokens that get new ones."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import jwt

from gshop_studio.contract.rest import Role
from gshop_studio.server.clock import Clock, new_id
from gshop_studio.server.refusals import Refused

_ALGORITHM = "HS256"
_AUDIENCE = "gshop"
_TYPE = "access"
_REMEMBERED = 4096
"""Tokens whose signature is not checked again: everybody sends the same one many times."""


@dataclass(frozen=True, slots=True)
class AccessClaims:
    user_id: str
    role: Role
    expires_at: datetime
    issued_at_ms: int
    """0 where the token does not say."""


class AccessTokens:
    """Writes and reads access tokens, of one algorithm, one audience and one type."""

    def __init__(self, key: bytes, life_s: float, clock: Clock) -> None:
        self._key = key
        self.life_s = life_s
        self._clock = clock
        self._verified = lru_cache(_REMEMBERED)(self._verify)

    def issue(self, user_id: str, role: Role, signed_out_at: datetime | None = None) -> str:
        """A token that holds, though this person's tokens from before `signed_out_at` are over: by a clock that was
        set back since, now is before it."""
        now = self._clock()
        claims = {
            "sub": user_id,
            "role": role.value,
            "aud": _AUDIENCE,
            "type": _TYPE,
            "jti": new_id(),
            "iat": max(now, signed_out_at or now).timestamp(),
            "exp": now.timestamp() + self.life_s,
        }
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def read(self, token: str) -> AccessClaims:
        """What a token says.

        Raises:
            Refused: `auth.token_expired`, or `auth.bad_token` for anything else that is wrong with it.
        """
        found = self._verified(token)
        if found.expires_at <= self._clock():
            raise Refused("auth.token_expired")
        return found

    def _verify(self, token: str) -> AccessClaims:
        """What it says, be it expired."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={
                    "require": ["sub", "aud", "exp", "type", "role"],
                    "verify_exp": False,  # by our own clock, below
                    "verify_iat": False,
                },
            )
            if claims["type"] != _TYPE:
                raise Refused("auth.bad_token")
            expires_at = datetime.fromtimestamp(float(claims["exp"]), UTC)
            issued_at_ms = round(float(claims.get("iat", 0)) * 1000)
            return AccessClaims(str(claims["sub"]), Role(claims["role"]), expires_at, issued_at_ms)
        except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError, OSError) as error:
            raise Refused("auth.bad_token") from error


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token just made; only its hash is kept."""

    token: str
    expires_at: datetime

    @property
    def hash(self) -> str:
        return refresh_hash(self.token)


def make_refresh_token(now: datetime, life_days: float) -> RefreshToken:
    return RefreshToken(secrets.token_urlsafe(32), now + timedelta(days=life_days))


def refresh_hash(token: str) -> str:
    """A plain hash is enough: the token is 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
