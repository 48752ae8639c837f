"""Viewer sessions: ids the server signs, so that a client cannot invent viewers."""

from __future__ import annotations

import hmac

from gshop_studio.server.clock import new_id
from gshop_studio.server.secret_key import SecretKey, keyed_hash

_SIGNATURE_CHARACTERS = 32


class ViewerSessions:
    def __init__(self, secret: SecretKey) -> None:
        self._key = secret.derive("viewer session")

    def accept(self, claimed: str | None) -> str:
        """The session a client comes back with, or a new one where what it says was not signed here."""
        if claimed is not None:
            session, _, signature = claimed.rpartition(".")
            if hmac.compare_digest(signature.encode(), self._sign(session).encode()):
                return claimed
        session = new_id()
        return f"{session}.{self._sign(session)}"

    def _sign(self, session: str) -> str:
        return keyed_hash(self._key, session)[:_SIGNATURE_CHARACTERS]
