"""What the checks decide about a message."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    ALLOW = "allow"
    HOLD = "hold"
    """It waits for a moderator."""
    BLOCK = "block"
    """Its author is refused, by `Verdict.code`."""


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: Outcome = Outcome.ALLOW
    reasons: tuple[str, ...] = ()
    """blocked_words, links, spam, toxicity: all that spoke against it, the gravest first."""
    code: str | None = None
    """The refusal's, where it is blocked: `chat.blocked_words`, `chat.links`, `chat.spam` or `chat.toxic`."""
