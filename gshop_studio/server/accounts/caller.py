"""Who is asking: a signed-in person or guest. An anonymous caller is None."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gshop_studio.contract.rest import Language, Role


def as_language(code: str) -> Language:
    """One of our languages; English for any other code."""
    match code:
        case "es" | "pt":
            return code
        case _:
            return "en"


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: str
    role: Role
    display_name: str
    language: Language
    avatar_url: str | None
    expires_at: datetime
    """When the access token ends."""
    issued_at_ms: int = 0
    """When the access token was made: one from before its person signed out everywhere is over."""
    opaque_id: str = ""
    """Says that it is the same person without saying who: a keyed hash of the e-mail address (of the id, for a guest).
    Bans are kept by it, so that they outlive the account."""
