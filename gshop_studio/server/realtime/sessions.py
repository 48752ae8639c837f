"""Viewer sessions: ids the server signs, so many for an address, so that a client cannot invent viewers."""

from __future__ import annotations

import hmac

from gshop_studio.server.clock import new_id
from gshop_studio.server.rate_limits import RateLimit
from gshop_studio.server.secret_key import SecretKey, keyed_hash

_SIGNATURE_CHARACTERS = 32


class ViewerSessions:
    def __init__(self, secret: SecretKey, address_limit: RateLimit) -> None:
        """`address_limit`: of the new sessions of one address."""
        self._key = secret.derive("viewer session")
        self._address_limit = address_limit

    async def accept(self, claimed: str | None, address: str | None) -> str:
        """The session a client comes back with, or a new one where what it says was not signed here. `address` is
        None for who is signed in, and counted by that.

        Raises:
            Refused: too many new sessions of this address.
        """
        if claimed is not None:
            session, _, signature = claimed.rpartition(".")
            if hmac.compare_digest(signature.encode(), self._sign(session).encode()):
                return claimed
        if address is not None:
            await self._address_limit.hit(address)
        session = new_id()
        return f"{session}.{self._sign(session)}"

    def _sign(self, session: str) -> str:
        return keyed_hash(self._key, session)[:_SIGNATURE_CHARACTERS]
